"""Messages and service stubs, generated from proto/majlis/v1 (see pyproject.toml). Never edited by hand."""
