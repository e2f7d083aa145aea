"""Which cluster ClickHouse is one server of, and which shard of it an evaluator judges."""

import pytest

from store.errors import SettingsError
from store.settings import load
from store.shard import ALONE, Shard

URL = {"NOSHOW_CLICKHOUSE_URL": "http://clickhouse:8123"}


def test_without_one_there_is_one_shard() -> None:
    settings = load({})
    assert settings.cluster is None
    assert settings.evaluator.shard == ALONE


def test_a_shard_has_as_many_shares_as_a_server() -> None:
    settings = load({**URL, "NOSHOW_CLUSTER": "noshow", "NOSHOW_EVALUATOR_SHARD": "2/3"})
    assert settings.cluster == "noshow"
    assert settings.evaluator.shard == Shard(2, 3)
    assert settings.evaluator.shares == 18


@pytest.mark.parametrize("text", ["", "2", "0/3", "4/3", "1/0", "a/b", "-1/3", "1/3/5"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="NOSHOW_EVALUATOR_SHARD: expected a shard"):
        load({**URL, "NOSHOW_EVALUATOR_SHARD": text})


def test_shares_must_lie_within_shards() -> None:
    with pytest.raises(SettingsError, match="must be a multiple of the number of shards"):
        load({**URL, "NOSHOW_EVALUATOR_SHARD": "1/4", "NOSHOW_EVALUATOR_SHARES": "6"})


@pytest.mark.parametrize("name", ["", "a'b", "a b"])
def test_what_is_no_name_of_a_cluster_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="NOSHOW_CLUSTER"):
        load({**URL, "NOSHOW_CLUSTER": name})


def test_a_cluster_is_one_of_servers() -> None:
    with pytest.raises(SettingsError, match="a cluster takes clickhouse"):
        load({"NOSHOW_CLUSTER": "noshow"})
