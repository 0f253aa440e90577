#include "daemon/pipeline.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <thread>

#include "daemon/log_batch.h"

namespace culprit {

namespace {

constexpr std::chrono::milliseconds kPopPatience{50};
constexpr std::size_t kRequestsPerCommit = 32;

}  // namespace

Pipeline::Pipeline(Parts parts, PipelineSettings settings)
    : parts_(parts),
      settings_(settings),
      queue_(settings.queue),
      pending_(settings.hold, settings.spacing),
      clocks_(settings.quiet_horizon) {}

std::string Pipeline::failed_source() const {
    for (const auto& source : parts_.sources) {
        if (std::string why = source->failure(); !why.empty()) return why;
    }
    return {};
}

Readiness Pipeline::readiness() const {
    Readiness readiness{running_, ""};
    const auto line = [&](std::string_view part, bool ready, std::string_view state) {
        readiness.ready = readiness.ready && ready;
        readiness.text += std::string(part) + ": " + std::string(state) + "\n";
    };
    const std::string trouble = trouble_.get();
    line("signal log", trouble.empty(), !trouble.empty() ? trouble : running_ ? "ok" : "being read");
    for (const auto& source : parts_.sources) {
        std::string state = source->failure();
        if (state.empty()) state = source->trouble();
        line(source->name(), state.empty(), state.empty() ? "ok" : state);
    }
    for (const auto& sink : parts_.sinks) {
        const SinkHealth health = sink->health();
        line(sink->name(), health.ready, health.state);
    }
    return readiness;
}

Result<Done> Pipeline::recover() {
    if (!parts_.fold) return Done{};
    const auto now = WallClock::now();
    return parts_.fold->recover([&](const LogEntry& entry) {
        if (const auto* update = std::get_if<WatermarkUpdate>(&entry)) {
            WatermarkUpdate settled = *update;
            clocks_.settle(settled, now);
        } else if (const auto latest = latest_event({entry})) {
            clocks_.happened(*latest);
        }
    });
}

Result<Done> Pipeline::run(std::stop_token stop) {
    const auto resume = parts_.log.offsets();
    if (!resume) return resume.error();
    for (const auto& source : parts_.sources) source->start(resume.value(), queue_);
    running_ = true;
    abandon_at_ = WallClock::now() + settings_.abandon_after;

    std::string failure;
    bool written = true;  // once false, nothing later may be committed either: it would pass over what is missing
    while (written && !stop.stop_requested() && (failure = failed_source()).empty()) {
        take_in();
        written = commit(pending_.take_due(WallClock::now()), stop);
        if (!written) break;
        commit_notes();
        step_quiet(stop);
        if (parts_.fold) parts_.fold->keep_up(WallClock::now());
        look_after(WallClock::now());
    }

    notes_.close();
    spdlog::info("stopping: what was read is brought into the signal log, then to the sinks");
    if (!give_up_at_) give_up_at_ = WallClock::now() + settings_.stop_patience;
    std::jthread stopper([this] {
        for (const auto& source : parts_.sources) source->stop();
        queue_.close();
    });
    // Popping goes on while the sources stop: they may be waiting for room.
    while (!queue_.closed_and_empty()) {
        take_in();
        if (written) written = commit(pending_.take_due(WallClock::now()), {});
    }
    stopper.join();
    if (written) written = commit(pending_.take_all(), {});
    if (parts_.fold) parts_.fold->hand_over();

    std::size_t unsafe = 0;
    for (const auto& sink : parts_.sinks) unsafe += sink->drain(settings_.stop_patience);
    if (parts_.fold) parts_.fold->finish();
    running_ = false;
    if (!failure.empty()) return Error{failure};
    if (!written) return Error{trouble_.get() + "; what is missing is read again at the next start"};
    if (unsafe > 0) spdlog::warn("{} documents did not reach their sink; they are offered again at the next start", unsafe);
    return Done{};
}

void Pipeline::take_in() {
    auto patience = kPopPatience;
    for (std::size_t i = 0; i < kRequestsPerCommit; ++i) {
        auto request = queue_.pop(patience);
        if (!request) return;
        pending_.add(std::move(*request), WallClock::now());
        patience = std::chrono::milliseconds{0};
    }
}

/// Waits before the next try; false when there is to be none.
bool Pipeline::retry_after(const std::string& problem, std::stop_token stop) {
    if (trouble_.get().empty()) spdlog::error("{}; nothing more is read until it works again", problem);
    trouble_.set(problem);
    if (give_up_at_ && WallClock::now() >= *give_up_at_) return false;
    const auto until = WallClock::now() + settings_.retry;
    while (WallClock::now() < until) {
        if (stop.stop_requested() && !give_up_at_) give_up_at_ = WallClock::now() + settings_.stop_patience;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return true;
}

bool Pipeline::persist_dead_letters(std::vector<CommitRequest>& due, std::stop_token stop) {
    std::vector<KeptLetter> letters;
    for (const CommitRequest& request : due) std::ranges::move(kept_letters_of(request), std::back_inserter(letters));
    while (true) {
        const auto written = parts_.dead_letters.write(letters);
        if (written) break;
        if (!retry_after(written.error().message, stop)) return false;
    }
    for (const KeptLetter& letter : letters) parts_.telemetry.dead_letter(letter.letter.reason);
    return true;
}

bool Pipeline::commit(std::vector<CommitRequest> due, std::stop_token stop) {
    const auto drop_lost = [&] {
        return std::erase_if(due, [](const CommitRequest& request) { return request.lease && !request.lease->held(); }) > 0;
    };
    drop_lost();
    if (due.empty()) return true;
    const bool letters_apart = !parts_.log.takes_dead_letters();
    if (letters_apart && !persist_dead_letters(due, stop)) return false;
    std::vector<LogBatch> batches = log_batches_of(due);
    while (true) {
        const auto positions = parts_.log.append(batches);
        if (positions) {
            if (!trouble_.get().empty()) spdlog::info("the signal log can be written again");
            trouble_.set("");
            fold(batches, positions.value());
            break;
        }
        if (!retry_after(positions.error().message, stop)) return false;
        if (drop_lost()) batches = log_batches_of(due);
        if (due.empty()) {
            trouble_.set("");
            return true;
        }
    }
    for (const CommitRequest& request : due) {
        parts_.telemetry.committed(request.batch, to_string(request.batch.input.type));
        if (!letters_apart) {
            for (const DeadLetter& letter : request.batch.dead_letters) parts_.telemetry.dead_letter(letter.reason);
        }
        for (const auto& source : parts_.sources) source->committed(request.batch.input, request.batch.next);
    }
    return true;
}

std::vector<LogBatch> Pipeline::log_batches_of(const std::vector<CommitRequest>& due) {
    std::vector<LogBatch> batches;
    for (const CommitRequest& request : due) {
        batches.push_back(log_batch_of(request));
        clocks_.opened(request.batch.input);
        for (LogEntry& entry : batches.back().entries) {
            if (auto* update = std::get_if<WatermarkUpdate>(&entry)) clocks_.settle(*update, WallClock::now());
        }
    }
    return batches;
}

void Pipeline::fold(const std::vector<LogBatch>& batches, const std::vector<LogPosition>& positions) {
    for (const LogBatch& batch : batches) {
        if (const auto latest = latest_event(batch.entries)) clocks_.happened(*latest);
    }
    if (parts_.fold) parts_.fold->fold(batches, positions);
}

/// Not tried again: the person who waits for the answer is told, and decides.
void Pipeline::commit_notes() {
    const std::vector<NoteInbox::Said> said = notes_.take();
    if (said.empty()) return;
    LogBatch batch;
    batch.input = {SourceType::http, "operator", 0};
    for (const NoteInbox::Said& each : said) batch.entries.emplace_back(each.note);
    const auto positions = parts_.log.append(std::span(&batch, 1));
    if (positions) fold({batch}, positions.value());
    for (const NoteInbox::Said& each : said) each.told(positions ? "" : positions.error().message);
}

void Pipeline::step_quiet(std::stop_token stop) {
    const auto now = WallClock::now();
    if (now >= abandon_at_) {
        abandon_at_ = WallClock::time_point::max();
        for (const WatermarkUpdate& update : clocks_.abandoned()) {
            spdlog::warn("{} {} is not read any more; it no longer holds event time back", to_string(update.input.type),
                         update.input.name);
            WatermarkUpdate settled = update;
            clocks_.settle(settled, now);
            write_watermark(settled, stop);
        }
    }
    if (!pending_.empty()) return;  // the watermarks that wait come first
    if (const auto step = clocks_.quiet_step(now)) write_watermark(*step, stop);
}

void Pipeline::write_watermark(const WatermarkUpdate& update, std::stop_token stop) {
    LogBatch batch;
    batch.input = update.input;
    batch.entries.emplace_back(update);
    while (true) {
        const auto positions = parts_.log.append(std::span(&batch, 1));
        if (positions) {
            trouble_.set("");
            return fold({batch}, positions.value());
        }
        if (!retry_after(positions.error().message, stop)) return;
    }
}

void Pipeline::look_after(WallClock::time_point now) {
    if (now < next_metrics_) return;
    next_metrics_ = now + std::chrono::seconds{1};
    parts_.telemetry.state_size("commit_queue", queue_.size(), settings_.queue);
    for (const auto& sink : parts_.sinks) parts_.telemetry.sink_pending(sink->name(), sink->pending());
    if (parts_.fold) parts_.fold->look_after(now);
}

}  // namespace culprit
