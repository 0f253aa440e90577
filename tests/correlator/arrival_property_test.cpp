// DESIGN.md, promise 2: the same set of signals gives the same final documents, whatever the order of arrival within the allowed
// lateness, the split over partitions, the batches, and redelivery; and a fold of the whole log says the same again.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "tests/correlator/fold.h"

namespace culprit::testing {
namespace {

using Random = std::mt19937;

double draw(Random& random, double least, double most) { return std::uniform_real_distribution<double>(least, most)(random); }
std::size_t pick(Random& random, std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random); }

/// Changes and errors at random: some share names, databases, services, releases and sessions, so that they meet in every way.
std::vector<Signal> a_story(Random& random) {
    const std::vector<std::string> databases{"shop", "billing"}, services{"web", "web-staging", "jobs"},
        tables{"orders", "carts"}, operations{"add_constraint", "drop_table", "create_table", "drop_constraint", "alter_table"},
        kinds{"unique_violation", "undefined_table", "check_violation"};
    std::vector<Signal> signals;
    for (std::size_t i = 0, n = 3 + pick(random, 6); i < n; ++i) {
        const double time = draw(random, 0, 7200);
        const std::string& table = tables[pick(random, 2)];
        switch (pick(random, 8)) {
            case 4: {  // an application's own first line
                Signal start = by_service(change(time, "restart"), services[pick(random, 3)]);
                start.scope.release = std::to_string(1 + pick(random, 3));
                signals.push_back(start);
                break;
            }
            case 5: {
                Signal line = by_service(change(time, pick(random, 2) == 0 ? "pending_migration" : "code_change", "push"),
                                         services[pick(random, 3)]);
                line.scope.release = std::to_string(1 + pick(random, 2));
                signals.push_back(line);
                break;
            }
            case 0:
                signals.push_back(deployment(time, services[pick(random, 3)], std::to_string(1 + pick(random, 2))));
                break;
            case 1: {
                Signal line = change(time, "migration");
                line.tool = "goose";
                line.migration = pick(random, 2) == 0 ? "20260301_" + table : "20260302_cleanup";
                if (pick(random, 3) == 0) line.phase = Phase::failed;
                signals.push_back(line);
                break;
            }
            case 2:
                signals.push_back(change(time, "import", {}, {table_named(table)}));
                break;
            case 3:
                signals.push_back(sequence_reset(time));
                break;
            default:
                signals.push_back(ddl(time, operations[pick(random, operations.size())],
                                      {pick(random, 2) == 0 ? table_named(table) : constraint_on(table, table + "_key")},
                                      databases[pick(random, 2)], "s" + std::to_string(pick(random, 3))));
        }
    }
    for (std::size_t i = 0, n = 1 + pick(random, 4); i < n; ++i) {
        const std::string& table = tables[pick(random, 2)];
        const std::string& kind = kinds[pick(random, 3)];
        const std::string& database = databases[pick(random, 2)];
        const std::string& service = services[pick(random, 3)];
        const DatabaseObject object = kind == "undefined_table" ? table_named(table) : constraint_on(table, table + "_key");
        double time = draw(random, 0, 7200);
        for (std::size_t k = 0, errors = 1 + pick(random, 9); k < errors; ++k, time += draw(random, 0.1, 900)) {
            if (pick(random, 4) != 0) signals.push_back(by_server(symptom(time, kind, object), database, service));
            if (pick(random, 3) != 0) signals.push_back(by_service(symptom(time + 0.004, kind, object), service));
        }
    }
    return signals;
}

/// The log as it may have come about: each signal in some partition, later than it happened by less than `lateness`, with the
/// partitions' watermarks in between.
std::vector<LogEntry> arrived(const std::vector<Signal>& signals, double lateness, Random& random) {
    struct Arrival {
        double time;
        std::size_t signal;
    };
    std::vector<Arrival> arrivals;
    for (std::size_t i = 0; i < signals.size(); ++i)
        arrivals.push_back(
            {std::chrono::duration<double>(signals[i].time.time_since_epoch()).count() + draw(random, 0, lateness), i});
    std::ranges::sort(arrivals, {}, &Arrival::time);
    const int partitions = 1 + static_cast<int>(pick(random, 4));
    std::vector<EventTime> reached(static_cast<std::size_t>(partitions));
    std::vector<LogEntry> log;
    for (const Arrival& arrival : arrivals) {
        const std::size_t partition = pick(random, reached.size());
        log.push_back(entry_of(signals[arrival.signal]));
        reached[partition] = std::max(reached[partition], signals[arrival.signal].time);
        if (pick(random, 3) == 0)
            log.emplace_back(
                std::in_place_type<WatermarkUpdate>,
                WatermarkUpdate{{SourceType::kafka, "logs", static_cast<int>(partition)}, reached[partition], false, {}});
    }
    for (std::size_t i = 0; i < reached.size(); ++i)
        log.emplace_back(std::in_place_type<WatermarkUpdate>,
                         WatermarkUpdate{{SourceType::kafka, "logs", static_cast<int>(i)}, at(20'000), true, {}});
    return log;
}

std::string without_version(const IncidentDocument& document) {
    auto json = nlohmann::ordered_json::parse(document.json);
    json["culprit"].erase("version");
    return json.dump();
}

/// Every final document, incidents then changes, byte for byte.
std::vector<std::string> documents(Correlator& correlator) {
    correlator.revisions();
    correlator.change_revisions();
    std::vector<std::string> all;
    for (const auto& list : {correlator.incidents(), correlator.changes()})
        for (const IncidentDocument& document : list) all.push_back(without_version(document));
    return all;
}

/// Folds it in batches of random size; now and then the last entries are delivered once more.
std::vector<std::string> folded(const std::vector<LogEntry>& log, Random& random) {
    Correlator correlator({});
    for (std::size_t next = 0; next < log.size(); ++next) {
        correlator.apply(log[next], LogPosition{static_cast<std::int64_t>(next)});
        if (pick(random, 5) == 0) {
            correlator.revisions();
            correlator.change_revisions();
        }
        if (pick(random, 7) == 0)
            for (std::size_t again = next - std::min(next, pick(random, 6)); again <= next; ++again)
                correlator.apply(log[again], LogPosition{static_cast<std::int64_t>(again)});
    }
    return documents(correlator);
}

RC_GTEST_PROP(Arrival, within_the_allowed_lateness_gives_the_same_final_documents_byte_for_byte, ()) {
    Random random(static_cast<unsigned>(*rc::gen::arbitrary<int>()));
    const std::vector<Signal> signals = a_story(random);
    const auto expected = folded(arrived(signals, 0, random), random);
    for (int i = 0; i < 3; ++i) RC_ASSERT(folded(arrived(signals, 119, random), random) == expected);
}

RC_GTEST_PROP(Arrival, stopped_anywhere_and_folded_again_from_the_log_gives_the_same_documents, ()) {
    Random random(static_cast<unsigned>(*rc::gen::arbitrary<int>()));
    const std::vector<LogEntry> log = arrived(a_story(random), 119, random);
    const auto expected = folded(log, random);
    const std::size_t stopped = pick(random, log.size());
    {
        Correlator killed({});
        for (std::size_t i = 0; i < stopped; ++i) killed.apply(log[i], LogPosition{static_cast<std::int64_t>(i)});
        killed.revisions();
    }
    Correlator again({});
    for (std::size_t i = 0; i < stopped; ++i) again.apply(log[i], LogPosition{static_cast<std::int64_t>(i)});
    again.revisions();
    again.change_revisions();
    for (std::size_t i = stopped; i < log.size(); ++i) again.apply(log[i], LogPosition{static_cast<std::int64_t>(i)});
    RC_ASSERT(documents(again) == expected);
}

}  // namespace
}  // namespace culprit::testing
