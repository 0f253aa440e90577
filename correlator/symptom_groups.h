#pragma once
// Tallies, grouped into problems: which series belong together, and where one incident ends and the next begins.
//
// A group is an environment, a kind and the most specific name. Application logs rarely know their database and server logs
// rarely know their environment or service, so the two sides of one error arrive as different series. They are joined here, by
// rules that look at the set of series only, never at the order in which they came (DESIGN.md, "Two sides"). An application that
// names only the columns joins the one problem of the server's with the same key whose errors come when its own do.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "correlator/habit.h"
#include "correlator/settings.h"
#include "correlator/shared_keys.h"
#include "matchers/log_entry.h"
#include "matchers/tally.h"

namespace culprit {

/// What the error is about, wherever it happened.
struct ProblemKey {
    std::string kind;
    std::string name;
    auto operator<=>(const ProblemKey&) const = default;
};

/// One session of one problem in one environment and database: the symptoms of one incident.
struct Session {
    ProblemKey problem;
    std::string environment, database;
    bool primary = true;                // no other database's session of this problem had begun when this one began
    std::vector<const Tally*> tallies;  // by second; valid until the next change of the groups
    EventTime first{}, last{};
    /// Of its problem, environment and database: this session, the others, and what was let go of. All of them share one.
    std::shared_ptr<const HourlyCounts> hours;

    std::uint64_t count(Side side) const;
    /// The larger of the two sides: one error is often logged by both.
    std::uint64_t count() const;
    /// All of them merged into one.
    Tally sum() const;
};

/// Which databases an application was seen to use, by the server's own application_name.
using ServiceDatabases = std::map<std::string, std::set<std::string>>;

/// Beyond `kProblems` problems at once a new one is counted here, one for each kind, database and service: a storm of a million
/// table names costs one incident. By the order of the log, and a snapshot keeps it; what is forgotten makes room again.
inline constexpr std::string_view kOverflow = "(too many different ones)";

class SymptomGroups {
   public:
    static constexpr std::size_t kProblems = 5'000;

    explicit SymptomGroups(const CorrelationSettings& settings) : settings_(settings) {}

    /// Returns the problem that the tally belongs to. One that is rolled up belongs to no session any more.
    ProblemKey add(const Tally& tally);

    /// The sessions of one problem, by environment, database and time: of what was told of it under another name, too, and
    /// without what belongs to another problem.
    std::vector<Session> sessions(const ProblemKey& problem) const;

    /// Adds the problems whose sessions the symptoms of one of these may change: those that share its key.
    void add_sharing(std::set<ProblemKey>& problems) const;
    /// Does all of it belong to other problems? Then it has no sessions.
    bool is_told_elsewhere(const ProblemKey& problem) const;

    std::vector<ProblemKey> problems() const;
    std::size_t size() const { return problems_.size(); }
    /// Grows whenever an application is seen on a database for the first time, or a problem turns out to be about another key
    /// than was thought: then series of other problems may join differently.
    std::size_t service_knowledge() const { return service_knowledge_; }

    void for_each(const std::function<void(LogEntry)>& callback) const;

   private:
    struct SeriesKey {
        std::string environment, database, service;
        Side side = Side::application;
        auto operator<=>(const SeriesKey&) const = default;
    };
    using Series = std::map<std::chrono::sys_seconds, Tally>;
    struct Problem {
        std::map<SeriesKey, Series> series;
        SharedKeys::Columns columns;  // the least of those that its tallies may share
        bool by_server = false;       // one of its series is the server's
    };
    /// One of the series that a problem's sessions are made of: its own, or another's that joins it.
    struct Member {
        const SeriesKey* key;
        const Series* series;
    };
    using Members = std::vector<Member>;
    using RolledUp = std::map<SeriesKey, std::map<Hour, Tally>>;
    /// What the series of a problem say of where it was seen.
    struct Seen;

    void share(const ProblemKey& key, Problem& problem, const Tally& tally);
    std::optional<ProblemKey> joins(const ProblemKey& key, const Problem& problem, const SeriesKey& series,
                                    const Series& tallies) const;
    bool goes_with(const SeriesKey& series, const Series& tallies, const Problem& other) const;
    Members members_of(const ProblemKey& key, const Problem& problem) const;
    std::string database_of(const SeriesKey& series, const Members& members) const;
    Seen seen(const Members& members) const;
    std::pair<std::string, std::string> scope_of(const SeriesKey& series, const Members& members, const Seen& seen) const;
    void count_hours(const ProblemKey& key, const Members& members, const Seen& seen, std::vector<Session>& sessions) const;

    const CorrelationSettings& settings_;
    std::map<ProblemKey, Problem> problems_;
    SharedKeys shared_keys_;
    std::map<ProblemKey, RolledUp> rolled_up_;  // bounded by who lets go (forgetting.h)
    ServiceDatabases service_databases_;
    std::size_t service_knowledge_ = 0;
    std::size_t named_ = 0;  // problems but those of overflow
};

}  // namespace culprit
