#pragma once
// Records that hold many log events: CloudWatch's subscription filters (`logEvents`), Azure's event hubs (`records`), OTLP in
// JSON
// (`resourceLogs`). Each event becomes a JSON object of its own, in an envelope that EnvelopePeeler knows.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// Cheap: by the words that every such record holds.
bool may_be_batch(std::string_view bytes);

/// The events in their order; empty when the record is no such batch. One thread.
class BatchSplitter {
   public:
    BatchSplitter();
    ~BatchSplitter();
    BatchSplitter(BatchSplitter&&) noexcept;
    BatchSplitter& operator=(BatchSplitter&&) noexcept;
    std::vector<std::string> split(std::string_view bytes);

   private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace culprit
