"""The pytest plugin; see docs/pytest.md."""
