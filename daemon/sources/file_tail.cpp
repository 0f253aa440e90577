#include "daemon/sources/file_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace culprit {

namespace {

/// How far before the resume point context is looked for.
constexpr std::int64_t kContextBytes = 1 << 20;

std::string read_range(int descriptor, std::int64_t from, std::int64_t to) {
    std::string bytes(static_cast<std::size_t>(std::max<std::int64_t>(0, to - from)), '\0');
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        const ssize_t count =
            ::pread(descriptor, bytes.data() + filled, bytes.size() - filled, from + static_cast<std::int64_t>(filled));
        if (count <= 0) break;
        filled += static_cast<std::size_t>(count);
    }
    bytes.resize(filled);
    return bytes;
}

/// The begin of the line that lies `kLookback` lines before `next`, or as far before it as `kContextBytes` allow.
std::int64_t context_begin(int descriptor, std::int64_t next) {
    const std::int64_t from = std::max<std::int64_t>(0, next - kContextBytes);
    const std::string bytes = read_range(descriptor, from, next);
    std::size_t lines = 0;
    for (std::size_t at = bytes.size(); at-- > 0;) {
        // The line break that ends the last line before `next` is not one that begins a line of the context.
        if (bytes[at] == '\n' && at + 1 < bytes.size() && ++lines == kLookback) return from + static_cast<std::int64_t>(at) + 1;
    }
    if (from == 0) return 0;
    const std::size_t first = bytes.find('\n');
    return first == std::string::npos ? next : from + static_cast<std::int64_t>(first) + 1;
}

std::uint64_t count_lines(int descriptor, std::int64_t until) {
    std::uint64_t lines = 0;
    for (std::int64_t from = 0; from < until; from += kContextBytes) {
        const std::string bytes = read_range(descriptor, from, std::min(until, from + kContextBytes));
        lines += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    }
    return lines;
}

}  // namespace

FileTail::FileTail(const Recognition& recognition, SourceProfile profile, std::unique_ptr<InputStream> stream, LineReader reader,
                   Offset next, AssemblyLimits limits)
    : profile_(profile),
      stream_(std::move(stream)),
      reader_(std::move(reader)),
      matcher_(recognition, std::move(profile), next, limits) {
    identity_ = FileIdentity::of(stream_->descriptor());
}

Result<std::unique_ptr<FileTail>> FileTail::open(const Recognition& recognition, SourceProfile profile, const std::string& path,
                                                 Offset next, AssemblyLimits limits) {
    auto stream = InputStream::open(path);
    if (!stream) return stream.error();
    std::int64_t begin = 0;
    // A compressed one is read from its beginning: everything before `next` is context.
    if (next.value > 0 && !stream.value()->compressed()) {
        begin = context_begin(stream.value()->descriptor(), next.value);
        if (const auto sought = stream.value()->seek(begin); !sought) return sought.error();
    }
    LineReader reader(Offset{begin}, begin == 0 ? 1 : 1 + count_lines(stream.value()->descriptor(), begin));
    return std::unique_ptr<FileTail>(
        new FileTail(recognition, std::move(profile), std::move(stream).value(), std::move(reader), next, limits));
}

Result<std::size_t> FileTail::read_on() {
    lines_.clear();
    const auto count = reader_.read(*stream_, lines_);
    if (!count) return count;
    if (!lines_.empty()) {
        const auto written = last_written(stream_->descriptor());
        for (RawRecord& line : lines_) line.written = written;
        matcher_.accept(lines_);
        fed_ = true;
    }
    if (count.value() > 0 && identity_ && identity_->length < FileIdentity::kFingerprintLength) {
        identity_ = FileIdentity::of(stream_->descriptor());  // a young file has grown
    }
    return count;
}

CommitRequest FileTail::request() {
    fed_ = false;
    CommitRequest request;
    request.batch = matcher_.take();
    request.batch.input = profile_.input;
    if (identity_) request.identity = identity_->text();
    return request;
}

std::optional<CommitRequest> FileTail::take() {
    if (!fed_) return std::nullopt;
    return request();
}

CommitRequest FileTail::rest_idle() {
    matcher_.close_open_entries();
    CommitRequest idle = request();
    idle.batch.watermark.idle = true;
    return idle;
}

CommitRequest FileTail::finish() {
    if (auto rest = reader_.rest()) {
        rest->written = last_written(stream_->descriptor());
        matcher_.accept(std::span(&*rest, 1));
    }
    CommitRequest last = rest_idle();
    last.finished = true;
    return last;
}

bool FileTail::written_anew() const {
    if (!identity_) return false;
    struct stat status {};
    if (::fstat(stream_->descriptor(), &status) != 0) return false;
    return (!stream_->compressed() && status.st_size < reader_.end()) || !identity_->matches(stream_->descriptor());
}

bool FileTail::still_at(const std::string& path) const {
    struct stat there {
    }, here{};
    return ::stat(path.c_str(), &there) == 0 && ::fstat(stream_->descriptor(), &here) == 0 && there.st_dev == here.st_dev &&
           there.st_ino == here.st_ino;
}

Result<Offset> end_of_lines(const std::string& path) {
    const auto stream = InputStream::open(path);
    if (!stream) return stream.error();
    struct stat status {};
    if (stream.value()->compressed() || ::fstat(stream.value()->descriptor(), &status) != 0 || !S_ISREG(status.st_mode))
        return Offset{0};
    for (std::int64_t end = status.st_size; end > 0; end -= kContextBytes) {
        const std::int64_t from = std::max<std::int64_t>(0, end - kContextBytes);
        const std::string bytes = read_range(stream.value()->descriptor(), from, end);
        const std::size_t last = bytes.rfind('\n');
        if (last != std::string::npos) return Offset{from + static_cast<std::int64_t>(last) + 1};
    }
    return Offset{0};
}

}  // namespace culprit
