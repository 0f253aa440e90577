"""Processes of culprit that share the work, each in one role; killed, paused and started again."""
import os
import signal
import subprocess

import culprit
from waiting import wait_until


class Node:
    def __init__(self, folder, name, role, settings):
        self.name, self.role = name, role
        os.makedirs(folder, exist_ok=True)
        self.log = os.path.join(folder, f"{name}.log")
        self.port = culprit.free_port()
        log = settings["signal_log"]["kafka"]
        settings = {**settings, "signal_log": {"kafka": {**log, "transactional_id": f"{log['topic']}-{name}"}}, "http": {"listen": f"127.0.0.1:{self.port}"}}
        self.configuration = culprit.write_configuration(os.path.join(folder, f"{name}.yaml"), settings)
        self._process = None

    def start(self):
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen([culprit.BINARY, "run", "--config", self.configuration, "--role", self.role], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def alive(self):
        return self._process is not None and self._process.poll() is None

    def signal(self, number):
        self._process.send_signal(number)

    def kill(self):
        if self.alive():
            self._process.kill()
            self._process.wait(timeout=30)

    def stop(self):
        """SIGTERM; the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=90)

    def resident_bytes(self):
        with open(f"/proc/{self._process.pid}/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS:"))

    def log_tail(self, lines=15):
        if not os.path.exists(self.log):
            return f"--- {self.name} was not started\n"
        with open(self.log, errors="replace") as file:
            return f"--- {self.name}\n" + "".join(file.readlines()[-lines:])
