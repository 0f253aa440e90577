#include "daemon/sinks/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "daemon/sinks/written_documents.h"
#include "daemon/terminal.h"

namespace culprit {
namespace {

constexpr std::string_view kSink = "file";
constexpr off_t kReadBack = off_t{1} << 30;  // a second or two, from a disk's cache
constexpr std::size_t kPiece = 1 << 20, kLongestLine = 64 << 20;

class FileSink final : public Sink {
   public:
    FileSink(FileSinkSettings settings, int descriptor, WrittenDocuments written, bool mid_line, Telemetry& telemetry)
        : settings_(std::move(settings)),
          telemetry_(telemetry),
          descriptor_(descriptor),
          mid_line_(mid_line),
          written_(std::move(written)) {
        struct stat status {};
        regular_ = fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
    }
    ~FileSink() override {
        if (descriptor_ != STDOUT_FILENO) close(descriptor_);
    }
    FileSink(const FileSink&) = delete;
    FileSink& operator=(const FileSink&) = delete;

    std::string_view name() const override { return kSink; }

    void offer(const std::vector<IncidentDocument>& revisions) override {
        std::lock_guard lock(mutex_);
        for (const IncidentDocument& document : revisions) {
            // Behind one that could not be written everything waits, so that an incident's revisions never change places.
            if (!waiting_.empty())
                waiting_.insert_or_assign(document.id, document);
            else if (!write_document(document))
                waiting_.emplace(document.id, document);
        }
        write_waiting();
        telemetry_.sink_pending(kSink, waiting_.size());
    }

    std::size_t pending() const override {
        std::lock_guard lock(mutex_);
        return waiting_.size();
    }

    SinkHealth health() const override {
        std::lock_guard lock(mutex_);
        if (trouble_.empty()) return {true, "ok"};
        return {false, "cannot write " + settings_.path + ": " + trouble_ + "; " + std::to_string(waiting_.size()) +
                           " documents wait for the next revision"};
    }

    std::size_t drain(std::chrono::milliseconds) override {
        std::lock_guard lock(mutex_);
        write_waiting();
        return waiting_.size();
    }

   private:
    void write_waiting() {
        while (!waiting_.empty() && write_document(waiting_.begin()->second)) waiting_.erase(waiting_.begin());
    }

    /// False when it has to be tried again.
    bool write_document(const IncidentDocument& document) {
        // What has no id of its own to read (it never comes from the correlator) goes under the document's.
        const auto content = WrittenDocuments::content_of(document.json).value_or(WrittenDocuments::Content{document.id, 0});
        if (content.hash != 0 && written_.holds(content)) {
            telemetry_.sink_documents(kSink, "unchanged", 1);
            return true;
        }
        const auto begin = std::chrono::steady_clock::now();
        std::string text = mid_line_ ? "\n" : "";
        text += settings_.format == OutputFormat::ndjson
                    ? document.json + "\n"
                    : describe(document, terminal_width(descriptor_), terminal_colour(descriptor_));
        const bool done = write_all(text);
        telemetry_.sink_request(kSink, done ? "ok" : "retry",
                                std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        if (!done) return false;
        telemetry_.sink_documents(kSink, "written", 1);
        written_.remember(content);
        mid_line_ = false;
        trouble_.clear();
        return true;
    }

    bool write_all(std::string_view text) {
        const off_t before = regular_ ? lseek(descriptor_, 0, SEEK_END) : 0;
        while (!text.empty()) {
            const ssize_t count = ::write(descriptor_, text.data(), text.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) {
                trouble_ = std::strerror(errno);
                // Half a line would spoil the one that follows it.
                if (regular_ && ftruncate(descriptor_, before) == 0) return false;
                mid_line_ = true;
                return false;
            }
            text.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    const FileSinkSettings settings_;
    Telemetry& telemetry_;
    const int descriptor_;
    bool regular_ = false;
    bool mid_line_;  // the last line has no end

    mutable std::mutex mutex_;
    WrittenDocuments written_;
    std::map<std::string, IncidentDocument> waiting_;
    std::string trouble_;
};

/// Reads what an earlier process has written, as far back as a start has time for. True when the last line was cut.
bool read_written(const std::string& path, WrittenDocuments& written) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    struct stat status {};
    off_t at = fstat(file, &status) == 0 && status.st_size > kReadBack ? status.st_size - kReadBack : 0;
    bool skipping = at > 0;  // the line that the place lies in
    std::string kept;        // the beginning of the next line
    std::vector<char> piece(kPiece);
    for (ssize_t count = 0; (count = pread(file, piece.data(), piece.size(), at)) > 0; at += count) {
        std::string_view rest(piece.data(), static_cast<std::size_t>(count));
        for (std::size_t end = 0; (end = rest.find('\n')) != rest.npos; rest.remove_prefix(end + 1)) {
            const std::string_view line = kept.empty() ? rest.substr(0, end) : kept.append(rest.substr(0, end));
            const auto content = skipping ? std::nullopt : WrittenDocuments::content_of(line);
            if (content) written.remember(*content);
            skipping = false;
            kept.clear();
        }
        if (kept.size() < kLongestLine) kept.append(rest);
    }
    ::close(file);
    if (const auto content = WrittenDocuments::content_of(kept)) written.remember(*content);
    return !kept.empty();
}

}  // namespace

Result<std::unique_ptr<Sink>> make_file_sink(FileSinkSettings settings, Telemetry& telemetry) {
    WrittenDocuments written;
    bool mid_line = false;
    int descriptor = STDOUT_FILENO;
    if (settings.path != "-") {
        descriptor = open(settings.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
        if (descriptor < 0)
            return Error{"cannot open '" + settings.path + "' for writing: " + std::strerror(errno) +
                         "; check sinks' file path and its rights"};
        struct stat status {};
        const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
        if (regular && settings.format == OutputFormat::ndjson) mid_line = read_written(settings.path, written);
    }
    return std::unique_ptr<Sink>(
        std::make_unique<FileSink>(std::move(settings), descriptor, std::move(written), mid_line, telemetry));
}

}  // namespace culprit
