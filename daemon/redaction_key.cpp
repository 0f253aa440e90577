#include "daemon/redaction_key.h"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <random>

namespace culprit {

std::string machine_redaction_key() {
    std::string secret;
    for (const char* path : {"/etc/machine-id", "/var/lib/dbus/machine-id", "/proc/sys/kernel/random/boot_id"}) {
        std::ifstream file(path);
        if (std::getline(file, secret) && secret.size() >= 32) break;
        secret.clear();
    }
    if (secret.empty()) {
        std::random_device random;
        for (int i = 0; i < 8; ++i) secret += std::to_string(random());
    }
    secret += ":culprit redaction";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(secret.data(), secret.size(), digest.data(), &size, EVP_sha256(), nullptr);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace culprit
