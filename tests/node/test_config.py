"""Settings: the file, the environment over it, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from rogatory.node.config import NodeConfig, load_config, write_config
from rogatory.node.errors import RefusedInput


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "node.toml"
    path.write_text(text)
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    config = NodeConfig(
        authority="ke.central", relay_urls=("https://a.example",), api_port=8080, api_expose=True, backoff_most=5.5
    )
    write_config(tmp_path / "node.toml", config)
    assert load_config(tmp_path / "node.toml", {}) == config


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'authority = "ke.central"\napi_port = 1\n')
    environment = {
        "ROGATORY_NODE_API_PORT": "2",
        "ROGATORY_NODE_RELAY_URLS": "https://a.example, https://b.example",
        "ROGATORY_NODE_API_EXPOSE": "true",
        "ROGATORY_NODE_BACKOFF_MOST": "7.5",
        "ROGATORY_NODE_FOLDER": "/elsewhere",
        "ROGATORY_NODE_PASSPHRASE_FILE": "/elsewhere/passphrase",
        "HOME": "/home/officer",
    }
    config = load_config(path, environment)
    assert config.api_port == 2
    assert config.relay_urls == ("https://a.example", "https://b.example")
    assert config.api_expose
    assert config.backoff_most == 7.5


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('authority = "ke.central"\napi_prt = 1\n', "api_prt"),
        ('authority = "ke.central"\napi_port = 70000\n', "api_port"),
        ('authority = "ke.central"\ndirectory_refresh = 0\n', "directory_refresh"),
        ("api_port = 1\n", "authority"),
        ("authority = ", "node.toml"),
        ('authority = "ke.central"\napi_host = "0.0.0.0"\n', "0.0.0.0"),
    ],
)
def test_a_wrong_setting_is_refused_and_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(RefusedInput, match=named):
        load_config(written(tmp_path, text), {})


def test_a_wrong_variable_is_refused_and_named(tmp_path: Path) -> None:
    path = written(tmp_path, 'authority = "ke.central"\n')
    with pytest.raises(RefusedInput, match="api_port"):
        load_config(path, {"ROGATORY_NODE_API_PORT": "many"})
    with pytest.raises(RefusedInput, match="colour"):
        load_config(path, {"ROGATORY_NODE_COLOUR": "blue"})


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RefusedInput) as caught:
        load_config(tmp_path / "node.toml", {})
    assert "init" in caught.value.next_step
