#include "daemon/signal_log/stored_snapshot.h"

#include <xxhash.h>
#include <zstd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

namespace culprit {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPieceBytes = 512 * 1024;
constexpr std::size_t kLargest = std::size_t{4} << 30;  // unpacked: more than that is not a snapshot of ours

/// Sorts as (epoch, position) does; -1 is the position before the first.
std::string whole_key(std::int64_t epoch, LogPosition position) {
    char text[40];
    std::snprintf(text, sizeof text, "%08llx-%010llx", static_cast<unsigned long long>(epoch),
                  static_cast<unsigned long long>(position.value + 1));
    return text;
}

std::string text_of(const StoredSnapshot& snapshot) {
    Json header{{"format", StoredSnapshot::kFormat},
                {"epoch", snapshot.epoch},
                {"position", snapshot.fold.position.value},
                {"rules", snapshot.rules}};
    if (snapshot.fold.clock) header["clock"] = to_micros(*snapshot.fold.clock);
    Json merged = Json::array();
    for (const IncidentDocument& document : snapshot.merged) {
        merged.push_back({{"id", document.id},
                          {"version", document.version},
                          {"bucket", to_micros(document.bucket)},
                          {"status", document.status},
                          {"severity", document.severity},
                          {"json", document.json}});
    }
    header["merged"] = std::move(merged);
    std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    for (const LogEntry& entry : snapshot.fold.entries) text += encode(entry) + "\n";
    return text;
}

std::optional<StoredSnapshot> parse(std::string_view text) {
    std::size_t end = text.find('\n');
    if (end == text.npos) return std::nullopt;
    StoredSnapshot snapshot;
    try {
        const Json header = Json::parse(text.substr(0, end));
        if (header.at("format") != StoredSnapshot::kFormat) return std::nullopt;
        header.at("epoch").get_to(snapshot.epoch);
        header.at("position").get_to(snapshot.fold.position.value);
        header.at("rules").get_to(snapshot.rules);
        if (header.contains("clock")) snapshot.fold.clock = from_micros(header["clock"]);
        for (const Json& each : header.at("merged")) {
            snapshot.merged.push_back({each.at("id"), each.at("version"), from_micros(each.at("bucket")), each.at("status"),
                                       each.at("severity"), each.at("json")});
        }
    } catch (const Json::exception&) {
        return std::nullopt;
    }
    for (text.remove_prefix(end + 1); !text.empty(); text.remove_prefix(end + 1)) {
        end = text.find('\n');
        if (end == text.npos) return std::nullopt;
        auto entry = decode_log_entry(text.substr(0, end));
        if (!entry) return std::nullopt;
        snapshot.fold.entries.push_back(std::move(entry).value());
    }
    return snapshot;
}

std::optional<std::string> unpacked(std::string_view packed) {
    const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kLargest) return std::nullopt;
    std::string text(size, '\0');
    const std::size_t got = ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
    if (ZSTD_isError(got) || got != size) return std::nullopt;
    return text;
}

/// The whole that these pieces are, if they are.
std::optional<StoredSnapshot> join(const std::map<std::string, std::string>& pieces) {
    std::string packed;
    std::uint64_t hash = 0;
    for (std::size_t number = 0; const auto& [key, value] : pieces) {
        const std::size_t end = value.find('\n');
        if (end == value.npos) return std::nullopt;
        const Json header = Json::parse(value.substr(0, end), nullptr, false);
        if (!header.is_object() || header.value("pieces", std::size_t{0}) != pieces.size() ||
            header.value("piece", pieces.size()) != number++)
            return std::nullopt;
        hash = header.value("hash", std::uint64_t{0});
        packed.append(value, end + 1);
    }
    if (XXH3_64bits(packed.data(), packed.size()) != hash) return std::nullopt;
    const auto text = unpacked(packed);
    return text ? parse(*text) : std::nullopt;
}

}  // namespace

std::vector<SnapshotPiece> to_pieces(const StoredSnapshot& snapshot) {
    const std::string text = text_of(snapshot);
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
    const std::uint64_t hash = XXH3_64bits(packed.data(), packed.size());
    const std::size_t count = (packed.size() + kPieceBytes - 1) / kPieceBytes;
    std::vector<SnapshotPiece> pieces;
    for (std::size_t number = 0; number < count; ++number) {
        char suffix[16];
        std::snprintf(suffix, sizeof suffix, "/%06zu", number);
        const Json header{{"piece", number}, {"pieces", count}, {"hash", hash}};
        pieces.push_back({whole_key(snapshot.epoch, snapshot.fold.position) + suffix,
                          header.dump() + "\n" + packed.substr(number * kPieceBytes, kPieceBytes)});
    }
    return pieces;
}

void SnapshotPieces::add(std::string_view key, std::string_view value) {
    const std::string whole(key.substr(0, key.find('/')));
    if (value.empty()) {
        snapshots_[whole].erase(std::string(key));
        if (snapshots_[whole].empty()) snapshots_.erase(whole);
    } else {
        snapshots_[whole][std::string(key)] = value;
    }
}

std::optional<StoredSnapshot> SnapshotPieces::newest() const {
    for (auto it = snapshots_.rbegin(); it != snapshots_.rend(); ++it)
        if (auto whole = join(it->second)) return whole;
    return std::nullopt;
}

std::vector<std::string> SnapshotPieces::outdated() const {
    std::vector<std::string> keys;
    bool newer_is_whole = false;
    for (auto it = snapshots_.rbegin(); it != snapshots_.rend(); ++it) {
        if (newer_is_whole)
            for (const auto& [key, value] : it->second) keys.push_back(key);
        newer_is_whole = newer_is_whole || join(it->second).has_value();
    }
    return keys;
}

}  // namespace culprit
