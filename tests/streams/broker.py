"""A real Kafka broker, from its published jars, on a free port: to be killed and started again."""

import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

LIBRARY = Path(__file__).parent / "kafka" / "lib"
_CLUSTER = "headwaterheadwatertes0"
_SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/logs
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=1
num.io.threads=2
"""


class Broker:
    """One broker with a folder of its own. Use it as a context manager."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="headwater-kafka-"))
        port, controller = _free_ports()
        self.servers = f"127.0.0.1:{port}"
        settings = _SETTINGS.format(port=port, controller=controller, folder=self._folder)
        self._settings = self._folder / "server.properties"
        self._settings.write_text(settings)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Broker":
        self._java("kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", self._settings).wait(
            60
        )
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = self._java("kafka.Kafka", self._settings)
        admin = AdminClient({"bootstrap.servers": self.servers})
        end = time.monotonic() + 60
        while True:
            try:
                admin.list_topics(timeout=1)
                return
            except KafkaException:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text()[-4000:]) from None

    def kill(self) -> None:
        """End it at once, without a goodbye."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None

    def make(self, topic: str, partitions: int = 1) -> None:
        """Make a topic."""
        admin = AdminClient({"bootstrap.servers": self.servers})
        for made in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
            made.result(30)

    def send(self, topic: str, messages: list[bytes | None]) -> None:
        """Write messages, over all partitions, and wait until the broker has them."""
        producer = Producer({"bootstrap.servers": self.servers, "acks": "all"})
        for number, message in enumerate(messages):
            producer.produce(topic, message, key=f"k{number}".encode())
        assert producer.flush(60) == 0

    def _java(self, *arguments: object) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [
                    "java",
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-cp",
                    f"{LIBRARY}/*",
                    *map(str, arguments),
                ],
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]
