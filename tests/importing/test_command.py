"""``callsim import`` from outside: where the text goes, where the warnings go, and how it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Callsim, callsim
from tests.importing.press import CONFIGS
from tests.importing.test_files import FILES

__all__ = ["callsim"]

OTHERS = {
    "resilience4j": "a resilience4j configuration",
    "istio": "an Istio DestinationRule",
    "envoy": "an Envoy configuration",
    "grpc": "a gRPC service config",
}


def test_the_text_is_printed_and_the_warnings_go_beside_it(callsim: Callsim) -> None:
    result = callsim("import", "grpc", str(CONFIGS / FILES["grpc"]))
    assert result.exit_code == 0
    assert result.stdout.startswith("# Written by 'callsim import grpc'")
    assert all(line.startswith("warning: ") for line in result.stderr.splitlines())
    assert "methodConfig[0].waitForReady" in result.stderr


def test_the_text_can_go_to_a_file_but_never_over_one(callsim: Callsim, tmp_path: Path) -> None:
    out = tmp_path / "part.yaml"
    first = callsim("import", "istio", str(CONFIGS / FILES["istio"]), "--out", str(out))
    text = out.read_text(encoding="utf-8")
    second = callsim("import", "istio", str(CONFIGS / FILES["istio"]), "--out", str(out))
    nowhere = callsim("import", "istio", str(CONFIGS / FILES["istio"]), "--out", str(tmp_path / "no" / "part.yaml"))
    assert (first.exit_code, second.exit_code, nowhere.exit_code) == (0, 2, 2)
    assert first.stdout == f"wrote {out}\n"
    assert out.read_text(encoding="utf-8") == text
    assert "there is no folder" in nowhere.stderr


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("other", FILES)
def test_a_file_of_another_format_is_named_for_what_it_is(callsim: Callsim, kind: str, other: str) -> None:
    if kind == other:
        return
    result = callsim("import", kind, str(CONFIGS / FILES[other]))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"this looks like {OTHERS[other]}" in result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("- 1\n", "this looks like a list"),
        ("resilience4j.retry.instances.a.maxAttempts=3\n", "this looks like plain text, such as a .properties file"),
        ("spring: {application: {name: shop}}\n", "a Spring configuration without resilience4j"),
        ("apiVersion: apps/v1\nkind: Deployment\n", "a Kubernetes Deployment"),
        ("services: {web: {image: nginx}}\n", "a Docker Compose file"),
        ("services: {}\nworkload: []\n", "a callsim experiment"),
        ("vectors: []\n", "a record for 'callsim replay'"),
        ("colour: red\n", "a mapping with the keys colour"),
        ("a: [1\n", "is not YAML"),
        ("\ta: 1\n", "a tab in the indentation"),
        ("resilience4j: {retry: {}}\n", "holds nothing"),
    ],
)
def test_what_is_no_such_file_leaves_with_2(callsim: Callsim, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "some.yaml"
    file.write_text(text, encoding="utf-8")
    result = callsim("import", "resilience4j", str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_file_and_an_unknown_format_leave_with_2(callsim: Callsim, tmp_path: Path) -> None:
    missing = callsim("import", "envoy", str(tmp_path / "none.yaml"))
    unknown = callsim("import", "envoi", str(CONFIGS / FILES["envoy"]))
    assert (missing.exit_code, unknown.exit_code) == (2, 2)
    assert "no such file" in missing.stderr
    assert "did you mean 'envoy'" in unknown.stderr
