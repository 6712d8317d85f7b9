pytest_plugins = ["tests.databases", "tests.browser"]
