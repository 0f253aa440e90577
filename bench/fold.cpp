// The fold: log entries per second, as they are read from the signal log. 50 problems, each in a storm or a trickle.
//   bench_fold --benchmark_min_time=2
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "correlator/correlator.h"

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
            entries.push_back(encode(tallies.drain().front()));
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

}  // namespace

BENCHMARK(fold_entries)->Args({50, 600})->Unit(benchmark::kMillisecond);
BENCHMARK(revise_one_of)->Arg(10)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace culprit

BENCHMARK_MAIN();
