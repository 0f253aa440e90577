#include "daemon/sources/file_source.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>

#include "daemon/sources/file_blocks.h"
#include "daemon/sources/file_paths.h"
#include "daemon/sources/followed_files.h"
#include "matchers/recognition.h"

namespace culprit {

namespace {

// What a batch may hold before it is pushed: a storm of errors must not fill the memory between two pushes.
constexpr std::uint64_t kBytesPerBatch = 1 << 20;

constexpr AssemblyLimits kReadOnce{.patient = true};

/// A pipe is opened once: what is read of it is gone.
bool is_plain(const std::string& path) {
    std::error_code error;
    return path != "-" && std::filesystem::is_regular_file(path, error);
}

}  // namespace

FileSource::FileSource(const Recognition& recognition, FileSourceSettings settings, std::size_t threads, std::size_t helpers)
    : recognition_(recognition), settings_(std::move(settings)), threads_(std::max<std::size_t>(1, threads)), helpers_(helpers) {}

FileSource::~FileSource() { stop(); }

void FileSource::start(const ResumePoints& resume, BoundedQueue<CommitRequest>& queue) {
    resume_ = resume;
    queue_ = &queue;
    thread_ = std::jthread([this](std::stop_token stop) { settings_.follow ? follow(stop) : read_all(stop); });
}

void FileSource::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

SourceProfile FileSource::profile_of(const std::string& path) const {
    SourceProfile profile;
    profile.input = {path == "-" ? SourceType::stdin_stream : SourceType::file, path == "-" ? "stdin" : path, 0};
    profile.log_line_prefix = settings_.log_line_prefix;
    profile.labels = settings_.labels;
    return profile;
}

/// Where to go on in a file that is read once: where the log has got to in this very file, else at its beginning.
Offset FileSource::resume_of(const SourceProfile& profile, const std::string& path) const {
    const auto known = resume_.find(profile.input);
    if (known == resume_.end() || path == "-") return Offset{0};
    const auto identity = FileIdentity::parse(known->second.identity);
    const auto stream = InputStream::open(path);
    const bool same = identity && stream && identity->matches(stream.value()->descriptor());
    return same ? known->second.next : Offset{0};
}

bool FileSource::open_partition(const SourceProfile& profile, Offset next, const std::string& identity, std::stop_token stop) {
    CommitRequest request;
    request.batch.input = profile.input;
    request.batch.next = next;
    request.batch.watermark.input = profile.input;
    request.identity = identity;
    request.opening = true;
    return push(std::move(request), stop);
}

void FileSource::read_all(std::stop_token stop) {
    const auto paths = expand_paths(settings_.paths, true);
    if (!paths) {
        trouble_.set(paths.error().message);
        exhausted_ = true;
        return;
    }
    // All of them hold the fold's clock back before the first is read.
    for (const std::string& path : paths.value()) {
        const SourceProfile profile = profile_of(path);
        std::string identity;
        if (is_plain(path)) {
            const auto stream = InputStream::open(path);
            if (!stream) continue;  // said when its turn comes
            if (const auto found = FileIdentity::of(stream.value()->descriptor())) identity = found->text();
        }
        if (!open_partition(profile, resume_of(profile, path), identity, stop)) return;
    }
    std::atomic<std::size_t> next = 0;
    {
        std::vector<std::jthread> helpers;
        for (std::size_t i = 1; i < std::min(threads_, paths.value().size()); ++i) {
            helpers.emplace_back([&, stop] { read_files(paths.value(), next, stop); });
        }
        read_files(paths.value(), next, stop);
    }
    if (!stop.stop_requested()) exhausted_ = true;
}

void FileSource::read_files(const std::vector<std::string>& paths, std::atomic<std::size_t>& next, std::stop_token stop) {
    for (std::size_t i = next++; i < paths.size() && !stop.stop_requested(); i = next++) {
        if (!read_to_end(paths[i], stop)) return;
    }
}

bool FileSource::read_to_end(const std::string& path, std::stop_token stop) {
    const SourceProfile profile = profile_of(path);
    const Offset next = resume_of(profile, path);
    if (next.value == 0 && is_plain(path)) {
        const auto stream = InputStream::open(path);
        const auto size = stream.ok() ? FileBlocks::readable(*stream.value()) : std::nullopt;
        if (size) return read_blocks(path, profile, *stream.value(), *size, stop);
    }
    auto opened = FileTail::open(recognition_, profile, path, next, kReadOnce);
    if (!opened) {
        trouble_.set(opened.error().message);
        return true;  // the others are read all the same
    }
    FileTail& tail = *opened.value();
    if (explains_) tail.explain_unmatched();
    std::uint64_t since_push = 0, reported = 0;
    while (!stop.stop_requested()) {
        const auto count = tail.read_on();
        bytes_read_ += tail.consumed() - reported;
        reported = tail.consumed();
        if (!count) {
            trouble_.set(count.error().message);
            break;  // what came before the damage counts
        }
        if (count.value() == 0) break;
        since_push += count.value();
        if (since_push < kBytesPerBatch) continue;
        since_push = 0;
        if (auto request = tail.take(); request && !push(std::move(*request), stop)) return false;
    }
    if (!stop.stop_requested()) return push(tail.finish(), stop);
    auto request = tail.take();
    return !request || push(std::move(*request), stop);
}

bool FileSource::read_blocks(const std::string& path, const SourceProfile& profile, const InputStream& stream, std::int64_t size,
                             std::stop_token stop) {
    Matcher matcher(recognition_, profile, Offset{0}, kReadOnce);
    if (explains_) matcher.explain_unmatched();
    FileBlocks blocks(stream, path, size, recognition_.filter(), helpers_);
    const auto identity = FileIdentity::of(stream.descriptor());
    const auto take = [&] {
        CommitRequest request;
        request.batch = matcher.take();
        request.batch.input = profile.input;
        if (identity) request.identity = identity->text();
        return request;
    };
    std::uint64_t since_push = 0, reported = 0;
    while (!stop.stop_requested()) {
        const auto lines = blocks.next();
        bytes_read_ += blocks.consumed() - reported;
        reported = blocks.consumed();
        if (!lines) {
            trouble_.set(lines.error().message);
            break;  // what came before the damage counts
        }
        if (lines.value() == nullptr) break;
        matcher.accept(*lines.value());
        since_push += lines.value()->bytes.size();
        if (since_push < kBytesPerBatch) continue;
        since_push = 0;
        if (!push(take(), stop)) return false;
    }
    if (stop.stop_requested()) return push(take(), stop);
    matcher.close_open_entries();
    CommitRequest last = take();
    last.batch.watermark.idle = true;
    last.finished = true;
    return push(std::move(last), stop);
}

void FileSource::follow(std::stop_token stop) {
    FollowedFiles files(recognition_, settings_, resume_, [this](const std::string& path) { return profile_of(path); });
    const FollowedFiles::Push push_request = [&](CommitRequest request) { return push(std::move(request), stop); };
    while (!stop.stop_requested()) {
        const auto read = files.step(WallClock::now(), push_request);
        if (!read) return;  // stopping
        bytes_read_ += *read;
        trouble_.set(files.trouble());
        if (*read == 0) std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    files.leave(push_request);
}

}  // namespace culprit
