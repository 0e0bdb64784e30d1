"""What a connection that watches files may reach."""

from pathlib import Path

import pytest

from headwater.connections.kinds import location
from headwater.connections.kinds.model import Task
from headwater.connections.model import Form
from headwater.errors import HeadwaterError

KEYS = 'access_key_id = "${KEY}"\nsecret_access_key = "${KEY}"\n'


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('url = "s3://orders/"\n[location.s3]\nendpoint = "http://10.1.2.3"\n' + KEYS, "internet"),
        ('url = "s3://orders/"', "access_key_id"),
        ('url = "http://169.254.169.254/latest/meta-data"', "internet"),
        ('url = "file:///etc"', "outside"),
    ],
)
def test_neither_inner_networks_nor_folders_nor_the_machines_keys_are_lent(
    tmp_path: Path, written: str, said: str
) -> None:
    text = f'[location]\n{written}\n[[events]]\nevent = "E"\nuserId = "u"\n'
    task = Task(
        kind="location",
        definition=text,
        form=Form.TOML,
        secrets={"KEY": "k"},
        files=str(tmp_path),
    )
    with pytest.raises(HeadwaterError, match=said):
        location.KIND.try_out(location.KIND.parse(text, "l.toml"), task)
