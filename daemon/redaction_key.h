#pragma once
// The secret of the keyed hashes when none is configured.
#include <string>

namespace culprit {

/// Derived from the machine's id (machine-id(5): confidential, to be used hashed with a word of the application's own), so that
/// equal values can be joined across restarts and between `run` and `scan` on one machine, and be guessed on no other. Where
/// there is no machine id the kernel's boot id serves, and joins end with a reboot.
std::string machine_redaction_key();

}  // namespace culprit
