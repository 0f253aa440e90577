"""The real servers that the ctest fixture started with tests/services.sh, found by their address files."""
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.environ.get("CULPRIT_SERVICES_DIR", f"/tmp/culprit-services-{os.getuid()}")


def address(service):
    """HOST:PORT of a running service."""
    path = os.path.join(FOLDER, service + ".address")
    try:
        with open(path) as file:
            return file.read().strip()
    except FileNotFoundError:
        raise SystemExit(f"{service} is not running: tests/services.sh start {service} --dir {FOLDER}")


def _services(action, service, *options):
    command = [os.path.join(ROOT, "tests", "services.sh"), action, service, "--dir", FOLDER, *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")


def stop(service):
    _services("stop", service)


def start(service, at):
    """Starts a stopped service again, on the data and the address it had."""
    _services("start", service, "--port", at.rsplit(":", 1)[1])
