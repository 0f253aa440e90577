#pragma once
// signals → incidents: a deterministic fold. No clock, no I/O, no threads; owned by one thread.
//
//   log entry ──> tallies by group, changes by time, watermarks          the state: a set, so that order cannot matter
//                      │ what it touches is marked
//   revisions() ──> sessions → onset → candidates → evidence → diagnosis → document      recomputed from the state alone
//
// Documents are functions of the set of entries below the watermark's finality, never of their order (DESIGN.md, promise 2).
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "correlator/settings.h"
#include "correlator/snapshot.h"
#include "matchers/log_entry.h"
#include "matchers/result.h"

namespace culprit {

/// Where a document lives: among the incidents, or among the changes (docs/changes.md).
enum class DocumentKind { incident, change };

/// One incident, or one change, as it stands.
struct IncidentDocument {
    std::string id;
    std::int64_t version = 0;  // epoch × 2^40 + the log position that revised it
    EventTime bucket{};        // the id's time bucket: names the monthly index
    std::string status;        // open, resolved, merged; of a change its watch's verdict: open, clean, dirty
    std::string severity;      // SEV1 … SEV4
    std::string json;          // one object, keys in a fixed order, no line break
    DocumentKind kind = DocumentKind::incident;
};

class Correlator {
   public:
    /// Rules and playbooks are those embedded at build time, and those of `settings.rules`. Throws std::runtime_error when they
    /// do not load.
    explicit Correlator(CorrelationSettings settings);
    ~Correlator();

    /// Folds one entry. Each has its own position; one at or below a position that was folded before is delivered again, and is
    /// left.
    void apply(const LogEntry& entry, LogPosition position);

    /// The documents that differ from what the last call said of them, ordered by id. A superseded one comes once more, as
    /// `merged`.
    std::vector<IncidentDocument> revisions();

    /// The same of changes. After revisions(): it says what these mean for the changes.
    std::vector<IncidentDocument> change_revisions();

    /// Every change, by time and id, as change_revisions() last said.
    std::vector<IncidentDocument> changes() const;

    /// Every incident alive, ordered by onset and id.
    std::vector<IncidentDocument> incidents() const;

    /// The fold's clock: the least watermark of the partitions that are not idle, less the allowed lateness; with all of them
    /// idle, the greatest watermark.
    std::optional<EventTime> watermark() const;

    /// How full its tables are. Limit 0: bounded by age alone (forgetting.h).
    struct TableSize {
        std::string_view table;
        std::size_t size = 0, limit = 0;
    };
    std::vector<TableSize> sizes() const;

    /// What it remembers, and taking that over into a new Correlator: documents, clock and everything that follows are those of
    /// the one that folded it all. Documents come with the snapshot's position as their version.
    FoldSnapshot snapshot() const;
    void restore(const FoldSnapshot& snapshot);

   private:
    struct State;
    std::unique_ptr<State> state_;
};

/// `culprit scan --format text`: one incident for people, at most `width` columns but for SQL, which is there to be copied;
/// coloured with ANSI codes when `colour`. Width 0 is no terminal: 100 columns, and the headline on one line.
std::string describe(const IncidentDocument& incident, std::size_t width, bool colour);

/// `culprit explain`: the candidates side by side, term by term.
std::string explain(const IncidentDocument& incident);

}  // namespace culprit
