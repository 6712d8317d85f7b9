pytest_plugins = ["tests.playground_bot", "tests.databases", "tests.browser"]
