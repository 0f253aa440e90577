// The literal filter over raw bytes, the whole catalogue loaded.
//   bench_filter --benchmark_min_time=2
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>

#include "bench/ordinary_logs.h"
#include "matchers/literal_filter.h"
#include "matchers/recognition.h"

namespace culprit {
namespace {

void filter(benchmark::State& state) {
    const auto recognition = Recognition::load({}, {}).value();
    std::size_t failing = 0, bytes = 0, passed = 0;
    const auto records = bench::records(20'000, 0.005, failing);
    auto scratch = recognition->filter().make_scratch();
    for (const std::string& record : records) {
        bytes += record.size();
        passed += recognition->filter().passes(record, scratch);
    }
    // The answer first: no failing record is lost, and at most 2 % of the others come along.
    if (passed < failing || passed - failing > records.size() / 50) {
        std::fprintf(stderr, "bench_filter: wrong answer: %zu of %zu records pass, %zu are failing\n", passed, records.size(),
                     failing);
        std::exit(1);
    }
    for (auto _ : state)
        for (const std::string& record : records) benchmark::DoNotOptimize(recognition->filter().passes(record, scratch));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records.size()));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
    state.counters["literals"] = static_cast<double>(recognition->filter().literals().size());
    state.counters["pass_rate"] = static_cast<double>(passed) / static_cast<double>(records.size());
}

}  // namespace

BENCHMARK(filter)->Unit(benchmark::kMillisecond);

}  // namespace culprit

BENCHMARK_MAIN();
