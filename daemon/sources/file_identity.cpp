#include "daemon/sources/file_identity.h"

#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>

namespace culprit {

std::optional<FileIdentity> FileIdentity::of(int descriptor, std::size_t length) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    std::array<char, kFingerprintLength> first{};
    const ssize_t count = ::pread(descriptor, first.data(), std::min(length, first.size()), 0);
    if (count < 0) return std::nullopt;
    FileIdentity identity;
    identity.device = status.st_dev;
    identity.inode = status.st_ino;
    identity.length = static_cast<std::size_t>(count);
    identity.fingerprint = XXH3_64bits(first.data(), identity.length);
    return identity;
}

bool FileIdentity::matches(int descriptor) const {
    const auto other = of(descriptor, length);
    return other && *other == *this;
}

std::string FileIdentity::text() const {
    std::array<char, 100> text{};
    const int size =
        std::snprintf(text.data(), text.size(), "%" PRIx64 ":%" PRIx64 ":%zx:%" PRIx64, device, inode, length, fingerprint);
    return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<FileIdentity> FileIdentity::parse(std::string_view text) {
    FileIdentity identity;
    const std::string copy(text);
    if (std::sscanf(copy.c_str(), "%" SCNx64 ":%" SCNx64 ":%zx:%" SCNx64, &identity.device, &identity.inode, &identity.length,
                    &identity.fingerprint) != 4) {
        return std::nullopt;
    }
    return identity;
}

}  // namespace culprit
