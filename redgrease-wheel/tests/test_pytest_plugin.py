"""The fixtures for pytest, as a project uses them: with no `conftest.py`."""


def test_each_test_has_an_empty_server_and_a_client(pytester):
    pytester.makepyfile("""
        def test_one(redgrease_server, redgrease_client):
            assert redgrease_client.dbsize() == 0
            redgrease_client.set("key", 1)
            assert redgrease_server.call("GET", "key") == b"1"

        def test_other(redgrease_client):
            assert redgrease_client.dbsize() == 0
            gear = "GB('CommandReader').map(lambda words: len(words)).register(trigger='length')"
            assert redgrease_client.execute_command("RG.PYEXECUTE", gear) == b"OK"
            assert redgrease_client.execute_command("RG.TRIGGER", "length") == [b"1"]
    """)
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=2)


def test_options_of_the_server_can_be_given(pytester):
    pytester.makepyfile("""
        import pytest

        @pytest.fixture
        def redgrease_server_options():
            return {"port": 0, "settings": {"ExecutionThreads": 2}}

        def test_options(redgrease_server):
            assert redgrease_server.port
            assert redgrease_server.call("RG.CONFIGGET", "ExecutionThreads") == [2]
    """)
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_the_fixtures_are_listed_with_their_purpose(pytester):
    done = pytester.runpytest_subprocess("--fixtures", "-q")
    done.stdout.fnmatch_lines(["redgrease_server -- *", "*private server*"])
