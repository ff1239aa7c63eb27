"""What every test may ask for: real servers and a real browser, started when first asked."""

pytest_plugins = ["tests.servers", "tests.browser", "tests.council"]
