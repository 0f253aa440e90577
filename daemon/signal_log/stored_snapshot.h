#pragma once
// A fold's snapshot as it is stored: beside the SQLite log, or in the compacted topic beside the Kafka log. Pure.
//
//   header (JSON) and entries (one JSON object a line) ──> zstd ──> pieces of at most half a megabyte, each of which says to
//   which whole it belongs
//
// Pieces may arrive mixed with those of other snapshots, and some be missing: the newest whole one counts.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "correlator/correlator.h"
#include "matchers/result.h"

namespace culprit {

struct StoredSnapshot {
    static constexpr int kFormat = 1;  // a reader that knows less folds the log instead

    std::int64_t epoch = 0;
    std::string rules;  // fingerprint of the rules that the epoch stands for (correlator/rules_fingerprint.h)
    FoldSnapshot fold;
    std::vector<IncidentDocument> merged;  // superseded of late: offered to the sinks once more after a restart
};

struct SnapshotPiece {
    std::string key;    // `<epoch>-<position>/<number>`: of the newest snapshot the greatest
    std::string value;  // a line of JSON, then bytes
};

std::vector<SnapshotPiece> to_pieces(const StoredSnapshot& snapshot);

/// Collects pieces in any order.
class SnapshotPieces {
   public:
    /// An empty value is a piece that was deleted.
    void add(std::string_view key, std::string_view value);
    /// The newest one that is whole, undamaged and of a format that is known; nothing when there is none.
    std::optional<StoredSnapshot> newest() const;
    /// The keys of all pieces of older snapshots than the newest whole one: they can be deleted.
    std::vector<std::string> outdated() const;

   private:
    using Pieces = std::map<std::string, std::string>;  // by key
    std::map<std::string, Pieces> snapshots_;           // by `<epoch>-<position>`
};

}  // namespace culprit
