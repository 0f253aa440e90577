"""Three Kafka brokers in KRaft, two Elasticsearch nodes: real servers of one cluster each, killed, paused and started again."""
import os
import shutil
import signal
import subprocess

import culprit
import services


class Member:
    def __init__(self, service, number, inner_ports):
        self.service, self.number = service, number
        self.name = f"{service} {number}"
        self.folder = os.path.join(services.FOLDER, "cluster", f"{service}-{number}")
        self.port = culprit.free_port()
        self._member = f"{number}/{','.join(map(str, inner_ports))}"

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def begin(self, *options):
        """Starts it; `finish` waits until it answers."""
        command = [os.path.join(services.ROOT, "tests", "services.sh"), "start", self.service, "--dir", self.folder, "--port", str(self.port), "--member", self._member, *options]
        self._starting = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self):
        said, _ = self._starting.communicate()
        assert self._starting.returncode == 0, f"{self.name} does not start:\n{said}"

    def start(self):
        self.begin()
        self.finish()

    def signal(self, number):
        with open(os.path.join(self.folder, self.service + ".pid")) as file:
            os.kill(int(file.read()), number)

    def kill(self):
        self.signal(signal.SIGKILL)

    def stop(self):
        """In order: a broker hands its partitions' leadership over before it ends."""
        subprocess.run([os.path.join(services.ROOT, "tests", "services.sh"), "stop", self.service, "--dir", self.folder], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)


class Fixture(Member):
    """The one server that the ctest fixture started."""

    def __init__(self, service):
        self.service, self.name, self.folder = service, service, services.FOLDER
        self.port = int(services.address(service).rsplit(":", 1)[1])

    def start(self):
        services.start(self.service, self.address)


class Cluster:
    """A context manager: its servers end with it, and their data go."""

    def __init__(self, service, size):
        self.service = service
        inner_ports = [culprit.free_port() for _ in range(size)]
        self.members = [Member(service, number + 1, inner_ports) for number in range(size)]

    @property
    def addresses(self):
        return [member.address for member in self.members]

    @property
    def partial(self):
        """Those without which the others go on."""
        return self.members if self.service == "kafka" else self.members[1:]

    def __enter__(self):
        # Side by side: none of them answers before most of them are there.
        try:
            for member in self.members:
                member.begin("--fresh")
            for member in self.members:
                member.finish()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for member in self.members:
            try:
                member.kill()
            except (FileNotFoundError, ProcessLookupError):
                pass
            member.stop()
            shutil.rmtree(member.folder, ignore_errors=True)


class Single:
    """The fixture's server, as a cluster of one: every fault of it is an outage."""
    partial = []

    def __init__(self, service):
        self.members = [Fixture(service)]

    @property
    def addresses(self):
        return [member.address for member in self.members]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass
