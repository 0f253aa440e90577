#include "daemon/signal_log/snapshot_topic.h"

#include <algorithm>

#include "daemon/kafka_partition.h"

namespace culprit {

Result<std::optional<StoredSnapshot>> SnapshotTopic::read(int partition) {
    SnapshotPieces pieces;
    std::vector<std::string> keys;
    const auto read = read_partition(settings_.brokers, settings_.properties, settings_.snapshots, partition,
                                     [&](std::string_view key, std::string_view value, std::int64_t) {
                                         if (key.starts_with("offset/")) return;  // of files, kafka_signal_log.h
                                         pieces.add(key, value);
                                         if (!value.empty()) keys.emplace_back(key);
                                     });
    if (!read) return read.error();
    keys_[partition] = std::move(keys);
    return pieces.newest();
}

Result<Done> SnapshotTopic::write(int partition, const StoredSnapshot& snapshot) {
    std::vector<std::string> keys;
    for (SnapshotPiece& piece : to_pieces(snapshot)) {
        if (const auto sent = writer_.produce(settings_.snapshots, partition, {piece.key, std::move(piece.value)}); !sent)
            return sent;
        keys.push_back(std::move(piece.key));
    }
    if (const auto safe = writer_.flush(); !safe)
        return Error{"a snapshot did not reach the topic " + settings_.snapshots + ": " + safe.error().message};
    std::swap(keys, keys_[partition]);
    // What was newest until now is deleted only behind the new one; should that one be damaged, the log itself remains.
    for (const std::string& key : keys) {
        if (std::ranges::find(keys_[partition], key) != keys_[partition].end()) continue;
        if (const auto sent = writer_.produce(settings_.snapshots, partition, {key, std::nullopt}); !sent) return sent;
    }
    return Done{};
}

}  // namespace culprit
