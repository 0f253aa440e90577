#pragma once
// Reads files: once to their end (`culprit scan`, `follow: false`), or as they grow, through rotation (rename or copytruncate)
// and restarts. An input partition is a path; its offset is the byte at which a line begins, in the decompressed stream.
#include <atomic>
#include <thread>
#include <vector>

#include "daemon/sources/file_tail.h"
#include "daemon/sources/publisher.h"
#include "daemon/sources/settings.h"
#include "daemon/sources/source.h"

namespace culprit {

class FileSource final : public Source {
   public:
    /// `recognition` outlives the source. Files that are not followed are read by `threads`; each of them has as many `helpers`,
    /// which read and filter a large file ahead of it.
    FileSource(const Recognition& recognition, FileSourceSettings settings, std::size_t threads = 1, std::size_t helpers = 0);
    ~FileSource() override;

    /// See Matcher; of files that are read once, before start().
    void explain_unmatched() { explains_ = true; }

    std::string_view name() const override { return "file"; }
    void start(const ResumePoints& resume, BoundedQueue<CommitRequest>& queue) override;
    void stop() override;
    bool exhausted() const override { return exhausted_; }
    std::string trouble() const override { return trouble_.get(); }

    /// Bytes of the files themselves, for a progress bar. Any thread.
    std::uint64_t bytes_read() const { return bytes_read_; }

   private:
    void read_all(std::stop_token stop);
    void read_files(const std::vector<std::string>& paths, std::atomic<std::size_t>& next, std::stop_token stop);
    bool read_to_end(const std::string& path, std::stop_token stop);
    bool read_blocks(const std::string& path, const SourceProfile& profile, const InputStream& stream, std::int64_t size,
                     std::stop_token stop);
    void follow(std::stop_token stop);
    SourceProfile profile_of(const std::string& path) const;
    Offset resume_of(const SourceProfile& profile, const std::string& path) const;
    bool open_partition(const SourceProfile& profile, Offset next, const std::string& identity, std::stop_token stop);
    bool push(CommitRequest request, std::stop_token stop) { return push_or_stop(*queue_, request, stop); }

    const Recognition& recognition_;
    const FileSourceSettings settings_;
    const std::size_t threads_, helpers_;
    bool explains_ = false;
    ResumePoints resume_;
    BoundedQueue<CommitRequest>* queue_ = nullptr;
    std::atomic<bool> exhausted_ = false;
    std::atomic<std::uint64_t> bytes_read_ = 0;
    SharedText trouble_;
    std::jthread thread_;
};

}  // namespace culprit
