#include <librdkafka/rdkafka.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <zlib.h>
#include <zstd.h>

#include <boost/version.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "daemon/commands/commands.h"

namespace culprit {

int version() {
    const std::string commit = CULPRIT_COMMIT;
    std::cout << "culprit " << CULPRIT_VERSION << " (commit " << (commit.empty() ? "unknown" : commit) << ")\n"
              << "librdkafka " << rd_kafka_version_str() << "\n"
              << "SQLite " << sqlite3_libversion() << "\n"
              << OpenSSL_version(OPENSSL_VERSION) << "\n"
              << "Boost " << BOOST_VERSION / 100'000 << "." << BOOST_VERSION / 100 % 1'000 << "." << BOOST_VERSION % 100 << "\n"
              << "nlohmann-json " << NLOHMANN_JSON_VERSION_MAJOR << "." << NLOHMANN_JSON_VERSION_MINOR << "."
              << NLOHMANN_JSON_VERSION_PATCH << "\n"
              << "zlib " << zlibVersion() << "\n"
              << "zstd " << ZSTD_versionString() << std::endl;
    return kDone;
}

}  // namespace culprit
