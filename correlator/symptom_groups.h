#pragma once
// Tallies, grouped into problems: which series belong together, and where one incident ends and the next begins.
//
// A group is an environment, a kind and the most specific name. Application logs rarely know their database and server logs
// rarely know their environment or service, so the two sides of one error arrive as different series. They are joined here, by
// rules that look at the set of series only, never at the order in which they came (DESIGN.md, "Two sides").
#include <map>
#include <set>
#include <string>
#include <vector>

#include "correlator/settings.h"
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

    std::uint64_t count(Side side) const;
    /// The larger of the two sides: one error is often logged by both.
    std::uint64_t count() const;
    /// All of them merged into one.
    Tally sum() const;
};

/// Which databases an application was seen to use, by the server's own application_name.
using ServiceDatabases = std::map<std::string, std::set<std::string>>;

class SymptomGroups {
   public:
    explicit SymptomGroups(const CorrelationSettings& settings) : settings_(settings) {}

    /// Returns the problem that the tally belongs to.
    ProblemKey add(const Tally& tally);

    /// The sessions of one problem, by environment, database and time.
    std::vector<Session> sessions(const ProblemKey& problem) const;

    std::vector<ProblemKey> problems() const;
    /// Grows whenever an application is seen on a database for the first time: then series of other problems may join
    /// differently.
    std::size_t service_knowledge() const { return service_knowledge_; }

   private:
    struct SeriesKey {
        std::string environment, database, service;
        Side side = Side::application;
        auto operator<=>(const SeriesKey&) const = default;
    };
    using Series = std::map<std::chrono::sys_seconds, Tally>;
    using Problem = std::map<SeriesKey, Series>;

    std::string database_of(const SeriesKey& series, const Problem& problem) const;

    const CorrelationSettings& settings_;
    std::map<ProblemKey, Problem> problems_;
    ServiceDatabases service_databases_;
    std::size_t service_knowledge_ = 0;
};

}  // namespace culprit
