"""Whatever hosts answer, come, go and crash: never more are out than the cap allows, nobody stays out longer than its
time and one sweep, and the balancer sees the truth at most one merge window late."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator.outcomes import Outcome
from tests.policies.proxy import Proxy

INTERVAL, BASE, LONGEST = 1.0, 2.5, 6.0
WINDOW = 0.75
OUTCOMES = st.sampled_from([Outcome.OK, Outcome.SERVER_ERROR, Outcome.TIMEOUT, Outcome.CLIENT_ERROR, Outcome.CANCELLED])
HOSTS = 5


class DetectorMachine(RuleBasedStateMachine):
    """A proxy before five hosts, of which some may be unlisted."""

    @initialize(
        max_ejected=st.sampled_from([0.0, 0.2, 0.5, 1.0]),
        always_eject_one=st.booleans(),
        panic_threshold=st.sampled_from([0.0, 0.5]),
        compared=st.booleans(),
    )
    def build(self, *, max_ejected: float, always_eject_one: bool, panic_threshold: float, compared: bool) -> None:
        self.max_ejected, self.always_one = max_ejected, always_eject_one
        rate = {"minimum_hosts": 3, "minimum_requests": 2, "deviations": 1.2} if compared else "off"
        self.proxy = Proxy(
            HOSTS,
            consecutive_failures=2,
            consecutive_gateway_failures=1,
            interval=INTERVAL,
            base_ejection_time=BASE,
            max_ejection_time=LONGEST,
            max_ejected=max_ejected,
            always_eject_one=always_eject_one,
            panic_threshold=panic_threshold,
            update_merge_window=WINDOW,
            success_rate=rate,
        )
        self.proxy.detector.watch(self.went)
        self.out: dict[int, float] = {}
        self.changed_at = -1.0

    def went(self, now: float, host: int, ejected: bool) -> None:
        """A host went out or came back: the cap holds at the moment of every ejection."""
        self.changed_at = now
        if not ejected:
            del self.out[host]
            return
        members = self.proxy.members
        assert host in members
        assert host not in self.out
        self.out[host] = now
        within = len(self.out) / len(members) <= self.max_ejected
        assert within or (self.always_one and len(self.out) == 1)

    @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, 4.0]))
    def time_passes(self, seconds: float) -> None:
        self.proxy.run(self.proxy.now + seconds)

    @rule(host=st.integers(0, HOSTS - 1), outcomes=st.lists(OUTCOMES, min_size=1, max_size=6))
    def answers(self, host: int, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self.proxy.tell(host, outcome)

    @rule(host=st.integers(0, HOSTS - 1), listed=st.booleans(), sure=st.integers(0, 3))
    def membership(self, host: int, listed: bool, sure: int) -> None:
        if sure == 0:
            replica: Any = self.proxy.hosts[host]
            if listed:
                self.proxy.listing.add(replica, self.proxy.hosts)
            else:
                self.proxy.listing.remove(replica)

    @rule(sure=st.integers(0, 5))
    def crash(self, sure: int) -> None:
        if sure == 0:
            self.proxy.ejector.reset(self.proxy.now)
            assert self.out == {}

    @invariant()
    def the_books_agree(self) -> None:
        if hasattr(self, "proxy"):
            detector = self.proxy.detector
            assert set(detector.ejected) == set(self.out)
            assert detector.active == len(self.out)
            assert list(detector.hosts) == self.proxy.members

    @invariant()
    def nobody_stays_out_longer_than_the_longest_ejection_and_a_sweep(self) -> None:
        if hasattr(self, "proxy"):
            assert all(self.proxy.now - since <= LONGEST + INTERVAL for since in self.out.values())

    @invariant()
    def the_balancer_sees_members_only_and_the_truth_at_most_one_window_late(self) -> None:
        if hasattr(self, "proxy"):
            members, seen = self.proxy.members, self.proxy.seen
            assert set(seen) <= set(members)
            if self.proxy.now > self.changed_at + WINDOW and seen != members:
                assert seen == [host for host in members if host not in self.out]

    def teardown(self) -> None:
        """When nothing fails any longer everybody returns, and everything is forgotten."""
        if hasattr(self, "proxy"):
            self.proxy.run(self.proxy.now + LONGEST + INTERVAL + WINDOW + 10.0)
            assert self.proxy.seen == self.proxy.members
            assert all(record.ejections == 0 for record in self.proxy.detector.hosts.values())


TestOutlier = DetectorMachine.TestCase
TestOutlier.settings = settings(max_examples=150, stateful_step_count=30)
