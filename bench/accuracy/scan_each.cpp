// As `culprit scan --emit incidents --format ndjson FILE` for each path on stdin, with a fold of its own for each: the catalogue
// is compiled once, so that thousands of generated outages take minutes. One line a file on stdout: {"path": …, "incidents":
// […]}.
#include <chrono>
#include <iostream>
#include <map>
#include <string>

#include "correlator/correlator.h"
#include "daemon/log_batch.h"
#include "daemon/pending_batches.h"
#include "daemon/redaction_key.h"
#include "daemon/sources/file_source.h"
#include "matchers/recognition.h"

namespace {

using namespace culprit;

std::string incidents_of(const Recognition& recognition, const std::string& path) {
    BoundedQueue<CommitRequest> queue(32);
    FileSource source(recognition, {{path}, false, {StartPoint::From::earliest, {}}, {}, {}}, 1);
    Correlator correlator{CorrelationSettings{}};
    std::map<InputPartition, CommitRequest> inputs;
    std::int64_t position = 0;
    source.start({}, queue);
    while (true) {
        const bool exhausted = source.exhausted();
        auto request = queue.pop(std::chrono::milliseconds{2});
        if (!request && exhausted) break;
        if (!request) continue;
        for (const LogEntry& entry : log_batch_of(*request).entries)
            if (!std::holds_alternative<WatermarkUpdate>(entry)) correlator.apply(entry, LogPosition{++position});
        request->batch.signals.clear();
        request->batch.dead_letters.clear();
        const InputPartition input = request->batch.input;
        if (const auto found = inputs.find(input); found != inputs.end())
            merge(found->second, std::move(*request));
        else
            inputs.emplace(input, std::move(*request));
    }
    source.stop();
    for (auto& [input, request] : inputs) {
        WatermarkUpdate update = request.batch.watermark;
        update.input = input;
        update.idle = true;
        correlator.apply(update, LogPosition{++position});
    }
    correlator.revisions();
    std::string list;
    for (const IncidentDocument& incident : correlator.incidents()) list += (list.empty() ? "" : ",") + incident.json;
    return list;
}

}  // namespace

int main() {
    RedactionPolicy redaction;
    redaction.key = machine_redaction_key();
    const auto recognition = Recognition::load({}, redaction);
    if (!recognition) {
        std::cerr << recognition.error().message << '\n';
        return 2;
    }
    for (std::string path; std::getline(std::cin, path);)
        std::cout << "{\"path\":\"" << path << "\",\"incidents\":[" << incidents_of(*recognition.value(), path) << "]}\n"
                  << std::flush;
    return 0;
}
