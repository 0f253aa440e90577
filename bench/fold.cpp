// The fold: log entries per second, as they are read from the signal log. 50 problems, each in a storm or a trickle.
//   bench_fold --benchmark_min_time=2
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "correlator/correlator.h"
#include "matchers/compact_tally.h"

namespace culprit {
namespace {

/// `seconds` of `problems` error storms, one tally a second each, encoded as the log holds them.
std::vector<std::string> storms(int problems, int seconds) {
    std::vector<std::string> entries;
    for (int second = 0; second < seconds; ++second)
        for (int problem = 0; problem < problems; ++problem) {
            Signal error;
            error.time = from_micros(1772359200'000'000LL + second * 1'000'000LL);
            error.kind = "unique_violation";
            error.sqlstate = "23505";
            error.side = Side::server;
            error.scope = {"production", "shop", "", "1.0", "db-1"};
            const std::string table = "table_" + std::to_string(problem);
            error.objects = {{"constraint", "", table + "_pkey", "", table + "_pkey", "", table}};
            error.message = "duplicate key value violates unique constraint \"" + table + "_pkey\"";
            error.source = {{SourceType::kafka, "postgres", 0}, {second}, {}};
            TallyTable tallies;
            tallies.add(error);
            entries.push_back(encode_compact(tallies.drain().front()));
        }
    return entries;
}

/// The answer first: every symptom counted, in the incident that it belongs to.
void check(Correlator& correlator, int problems, int seconds) {
    correlator.revisions();
    const auto incidents = correlator.incidents();
    std::size_t right = 0;
    for (const IncidentDocument& incident : incidents)
        right += incident.json.find("\"count\":" + std::to_string(seconds) + ",") != std::string::npos;
    if (incidents.size() != static_cast<std::size_t>(problems) || right != incidents.size()) {
        std::fprintf(stderr, "bench_fold: wrong answer: %zu incidents, %zu of them with the right count\n", incidents.size(),
                     right);
        std::exit(1);
    }
}

void fold_entries(benchmark::State& state) {
    const int problems = static_cast<int>(state.range(0)), seconds = static_cast<int>(state.range(1));
    const auto entries = storms(problems, seconds);
    for (auto _ : state) {
        Correlator correlator({});
        std::int64_t position = 0;
        for (const std::string& entry : entries) correlator.apply(decode_log_entry(entry).value(), {++position});
        state.PauseTiming();
        check(correlator, problems, seconds);
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(entries.size()));
}

/// So many other incidents that are alive, each in a database of its own or with a name of its own, and as many changes, of other
/// tables.
void fill(Correlator& correlator, int incidents, std::int64_t& position) {
    constexpr int kNames = 4'000;  // of problems; a correlator tells 5,000 apart
    for (int i = 0; i < incidents; ++i) {
        Signal error;
        error.time = from_micros(1772359200'000'000LL);
        error.kind = "unique_violation";
        error.sqlstate = "23505";
        error.side = Side::server;
        error.scope = {"production", "other_" + std::to_string(i / kNames), "", "1.0", "db-2"};
        const std::string table = "other_" + std::to_string(i % kNames);
        error.objects = {{"constraint", "", table + "_pkey", "", table + "_pkey", "", table}};
        TallyTable tallies;
        tallies.add(error);
        correlator.apply(tallies.drain().front(), {++position});
        Signal change = error;
        change.family = Family::change;
        change.kind = "schema_change";
        change.operation = "add_column";
        change.phase = Phase::succeeded;
        change.sqlstate.clear();
        change.objects = {{"table", "", "changed_" + std::to_string(i), "", "", "", ""}};
        correlator.apply(change, {++position});
    }
    correlator.revisions();
    if (correlator.incidents().size() != static_cast<std::size_t>(incidents)) {
        std::fprintf(stderr, "bench_fold: wrong answer: %zu incidents are alive, not %d\n", correlator.incidents().size(),
                     incidents);
        std::exit(1);
    }
}

/// A storm of 50 problems beside so many others, with a revision of what it touched every 2,500 tallies, as the daemon does.
void fold_among(benchmark::State& state) {
    const auto entries = storms(50, 600);
    Correlator correlator({});
    std::int64_t position = 0;
    fill(correlator, static_cast<int>(state.range(0)), position);
    for (auto _ : state) {
        for (std::size_t i = 0; i < entries.size(); ++i) {
            correlator.apply(decode_log_entry(entries[i]).value(), {++position});
            if (i % 2'500 == 0) benchmark::DoNotOptimize(correlator.revisions());
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(entries.size()));
}

/// A revision of one problem among many: what each commit of a storm costs.
void revise_one_of(benchmark::State& state) {
    const int problems = static_cast<int>(state.range(0));
    const auto entries = storms(problems, 60);
    Correlator correlator({});
    std::int64_t position = 0;
    for (const std::string& entry : entries) correlator.apply(decode_log_entry(entry).value(), {++position});
    check(correlator, problems, 60);
    const LogEntry again = decode_log_entry(entries.front()).value();
    for (auto _ : state) {
        correlator.apply(again, {++position});
        benchmark::DoNotOptimize(correlator.revisions());
    }
    state.SetItemsProcessed(state.iterations());
}

/// A day of changes about tables of their own, none of them any incident's; one each `spacing` seconds.
std::vector<Signal> changes(int count, int spacing) {
    std::vector<Signal> signals;
    for (int i = 0; i < count; ++i) {
        Signal ddl;
        ddl.time = from_micros(1772359200'000'000LL - (i + 1) * spacing * 1'000'000LL);
        ddl.family = Family::change;
        ddl.kind = "schema_change";
        ddl.operation = "create_index";
        ddl.phase = Phase::started;
        ddl.side = Side::server;
        ddl.scope = {"production", "shop", "", "", "db-1"};
        ddl.objects = {{"index", "", "other_" + std::to_string(i), "", "", "", "other"}};
        ddl.postgresql.emplace();
        ddl.postgresql->session_id = "6b" + std::to_string(i);
        ddl.source = {{SourceType::kafka, "postgres", 0}, {1'000'000 + i}, {}};
        signals.push_back(ddl);
    }
    return signals;
}

/// One change more, of hours ago, among as many incidents and changes.
void change_among(benchmark::State& state) {
    const int problems = static_cast<int>(state.range(0)), count = static_cast<int>(state.range(1));
    Correlator correlator({});
    std::int64_t position = 0;
    for (const std::string& entry : storms(problems, 20)) correlator.apply(decode_log_entry(entry).value(), {++position});
    for (const Signal& signal : changes(count, 120)) correlator.apply(signal, {++position});
    check(correlator, problems, 20);
    correlator.change_revisions();
    std::vector<Signal> more = changes(100'000, 1);
    std::size_t next = 20'000;
    for (auto _ : state) {
        Signal& one = more.at(next++);
        one.source.offset.value += 1'000'000;
        correlator.apply(one, {++position});
        benchmark::DoNotOptimize(correlator.revisions());
        benchmark::DoNotOptimize(correlator.change_revisions());
    }
    state.SetItemsProcessed(state.iterations());
}

}  // namespace

BENCHMARK(fold_entries)->Args({50, 600})->Unit(benchmark::kMillisecond);
BENCHMARK(fold_among)->Arg(10)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(revise_one_of)->Arg(10)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(change_among)
    ->Args({10, 100})
    ->Args({500, 100})
    ->Args({10, 1000})
    ->Args({500, 1000})
    ->Iterations(20)
    ->Unit(benchmark::kMicrosecond);

}  // namespace culprit

BENCHMARK_MAIN();
