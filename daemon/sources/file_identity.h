#pragma once
// What makes a file the same one, whatever it is called now: its inode and its first bytes. A name alone does not: logs rotate;
// an inode alone does not: it is used again, and `copytruncate` keeps it.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace culprit {

struct FileIdentity {
    std::uint64_t device = 0, inode = 0;
    std::size_t length = 0;  // of the first bytes that `fingerprint` hashes; a young file has few
    std::uint64_t fingerprint = 0;

    static constexpr std::size_t kFingerprintLength = 256;

    /// Of an open file. Nothing when it is not a regular file or cannot be read.
    static std::optional<FileIdentity> of(int descriptor, std::size_t length = kFingerprintLength);
    /// Is the open file this one, grown or not?
    bool matches(int descriptor) const;

    std::string text() const;
    static std::optional<FileIdentity> parse(std::string_view text);
    bool operator==(const FileIdentity&) const = default;
};

}  // namespace culprit
