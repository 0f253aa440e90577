#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <iostream>
#include <map>
#include <thread>

#include "correlator/correlator.h"
#include "daemon/commands/commands.h"
#include "daemon/commands/scan_progress.h"
#include "daemon/commands/signal_text.h"
#include "daemon/config.h"
#include "daemon/log_batch.h"
#include "daemon/pending_batches.h"
#include "daemon/redaction_key.h"
#include "daemon/sources/file_paths.h"
#include "daemon/sources/file_source.h"
#include "daemon/terminal.h"
#include "daemon/text_values.h"
#include "matchers/recognition.h"

namespace culprit {

namespace {

/// Event time from which on, and before which, signals count.
struct Window {
    std::optional<EventTime> since, until;
    bool holds(EventTime time) const { return (!since || time >= *since) && (!until || time < *until); }
};

/// The same fold as the daemon's, in memory. Watermarks wait for the end: the files are read in no particular order, and none of
/// them is late.
class ScanFold {
   public:
    explicit ScanFold(const CorrelationSettings& settings) : correlator_(settings) {}

    void add(CommitRequest request) {
        LogBatch batch = log_batch_of(request);
        for (LogEntry& entry : batch.entries) {
            if (std::holds_alternative<WatermarkUpdate>(entry)) continue;
            correlator_.apply(entry, LogPosition{++position_});
        }
        request.batch.signals.clear();
        request.batch.dead_letters.clear();
        const InputPartition input = request.batch.input;
        const auto found = inputs_.find(input);
        if (found == inputs_.end()) {
            inputs_.emplace(input, std::move(request));
        } else {
            merge(found->second, std::move(request));
        }
    }

    std::vector<IncidentDocument> incidents(const Window& window) {
        for (auto& [input, request] : inputs_) {
            WatermarkUpdate update = request.batch.watermark;
            update.input = input;
            update.idle = true;
            if (window.until) update.watermark = std::min(update.watermark, *window.until);
            correlator_.apply(update, LogPosition{++position_});
        }
        correlator_.revisions();
        return correlator_.incidents();
    }

   private:
    Correlator correlator_;
    std::int64_t position_ = 0;
    std::map<InputPartition, CommitRequest> inputs_;
};

void print_incidents(const std::vector<IncidentDocument>& incidents, bool ndjson, const MatcherCounters& counters) {
    for (const IncidentDocument& incident : incidents) {
        if (ndjson) {
            std::cout << incident.json << '\n';
        } else {
            std::cout << describe(incident, terminal_width(STDOUT_FILENO), terminal_colour(STDOUT_FILENO)) << '\n';
        }
    }
    if (!ndjson) {
        std::cout << incidents.size() << (incidents.size() == 1 ? " incident" : " incidents") << " in " << counters.records
                  << " records";
        if (counters.undecodable > 0) std::cout << "; " << counters.undecodable << " of them could not be decoded";
        std::cout << '\n';
    }
    std::cout << std::flush;
}

/// What a batch says, in the order of the file. How many entries gave no signal is added up by reason.
void print_signals(const MatchedBatch& batch, bool ndjson, std::map<std::string, std::uint64_t>& unmatched) {
    auto silent = batch.unmatched.begin();
    const auto print_silent = [&](std::optional<Offset> until) {
        for (; silent != batch.unmatched.end() && (!until || silent->source.offset < *until); ++silent) {
            unmatched[silent->reason] += 1;
            std::cout << (ndjson ? to_json_line(*silent) : unmatched_text(*silent)) << '\n';
        }
    };
    for (const Signal& signal : batch.signals) {
        print_silent(signal.source.offset);
        std::cout << (ndjson ? to_json_line(signal) : signal_text(signal)) << '\n';
    }
    print_silent(std::nullopt);
}

void print_sum(const std::map<std::string, std::uint64_t>& unmatched) {
    std::uint64_t all = 0;
    for (const auto& [reason, count] : unmatched) all += count;
    std::cout << all << (all == 1 ? " entry" : " entries") << " looked like errors and gave no signal\n";
    for (const auto& reason : unmatched_reasons()) {
        const auto found = unmatched.find(std::string(reason.name));
        if (found != unmatched.end())
            std::cout << "  " << found->second << "  " << reason.name << ": " << reason.explanation << '\n';
    }
}

bool is_severe(const std::vector<IncidentDocument>& incidents, int fail_on) {
    for (const IncidentDocument& incident : incidents) {
        if (incident.status == "open" && incident.severity.size() == 4 && incident.severity[3] - '0' <= fail_on) return true;
    }
    return false;
}

}  // namespace

int scan(const ScanOptions& options) {
    spdlog::set_default_logger(spdlog::stderr_color_mt("culprit"));
    spdlog::set_level(spdlog::level::warn);
    if (options.explain_unmatched && !options.emit_signals)
        return fail(kWrongUsage, "--explain-unmatched goes with --emit signals");
    Config config;
    if (!options.config.empty()) {
        auto loaded = load_config(options.config);
        if (!loaded) return fail(kWrongUsage, loaded.error().message);
        config = std::move(loaded).value();
    }
    FileSourceSettings files{options.paths, false, {StartPoint::From::earliest, {}}, options.log_line_prefix, config.labels};
    for (const std::string& label : options.labels) {
        const std::size_t equals = label.find('=');
        if (equals == std::string::npos || !is_label(label.substr(0, equals)) || equals + 1 == label.size()) {
            return fail(kWrongUsage, "--label " + label + ": expected KEY=VALUE with a key of " + std::string(kLabels));
        }
        files.labels[label.substr(0, equals)] = label.substr(equals + 1);
    }
    Window window;
    if (!options.since.empty() && !(window.since = parse_time_or_age(options.since))) {
        return fail(kWrongUsage,
                    "--since " + options.since + ": expected a time such as 2026-02-01T02:00Z, or an age such as 2h");
    }
    if (!options.until.empty() && !(window.until = parse_time_or_age(options.until))) {
        return fail(kWrongUsage,
                    "--until " + options.until + ": expected a time such as 2026-02-01T02:00Z, or an age such as 2h");
    }
    if (const auto expanded = expand_paths(options.paths, true); !expanded) {
        return fail(kInputUnreadable, expanded.error().message + "; give files, folders, globs or - for stdin");
    }
    if (config.redaction.key.empty()) config.redaction.key = machine_redaction_key();
    const auto recognition = Recognition::load(config.catalogues, config.redaction);
    if (!recognition) return fail(kWrongUsage, recognition.error().message);

    // Signals are printed as they come, so their files are read one after the other, in order of name.
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency()), threads = options.emit_signals ? 1 : cores;
    BoundedQueue<CommitRequest> queue(32);
    FileSource source(*recognition.value(), files, threads, cores - 1);
    if (options.explain_unmatched) source.explain_unmatched();
    ScanFold fold(config.correlation);
    ScanProgress progress(options.paths);
    MatcherCounters counters;
    std::map<std::string, std::uint64_t> unmatched;
    source.start({}, queue);
    while (true) {
        const bool exhausted = source.exhausted();  // before popping: what was pushed before it is in the queue
        auto request = queue.pop(std::chrono::milliseconds{exhausted ? 0 : 5});
        progress.show(source.bytes_read());
        if (!request && exhausted) break;
        if (!request) continue;
        counters.add(request->batch.counters);
        std::erase_if(request->batch.signals, [&](const Signal& signal) { return !window.holds(signal.time); });
        if (!options.emit_signals) {
            fold.add(std::move(*request));
            continue;
        }
        std::erase_if(request->batch.unmatched, [&](const Unmatched& entry) { return entry.time && !window.holds(*entry.time); });
        print_signals(request->batch, options.ndjson, unmatched);
    }
    source.stop();
    progress.end();

    std::vector<IncidentDocument> incidents;
    if (options.emit_signals) {
        if (options.explain_unmatched && !options.ndjson) print_sum(unmatched);
        std::cout << std::flush;
    } else {
        incidents = fold.incidents(window);
        print_incidents(incidents, options.ndjson, counters);
    }
    if (!std::cout) return fail(kInputUnreadable, "the output could not be written");
    if (const std::string trouble = source.trouble(); !trouble.empty()) return fail(kInputUnreadable, trouble);
    return is_severe(incidents, options.fail_on) ? kIncidentFound : kDone;
}

}  // namespace culprit
