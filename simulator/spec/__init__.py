"""The experiment as frozen pydantic models: one spec per thing, validated once, trusted by everything above."""
