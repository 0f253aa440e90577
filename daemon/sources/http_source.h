#pragma once
// Takes records in over HTTP: `POST /v1/records`, `/v1/changes`, `/v1/logs` and `/v1/webhooks/…`.
//
//   connection ──> admitted? ──> body ──> its turn ──> Matcher of its own ──> queue … committed ──> 200
//                  401 404 413            key known? then nothing is counted again
//
// A request is matched whole and is one batch: its signals, its Idempotency-Key and its offset are one transaction, and the
// answer is sent after it. So a sender that got no answer repeats the request with the same key, and it counts once. No entry
// goes on in the next request. Offsets number the records in the order in which they were taken in.
//
// One thread, which serves all connections and matches. Bounded: connections, headers, bodies, and the bytes of all requests that
// have not been answered; beyond that 429, and 503 while the signal log takes nothing, each with Retry-After.
#include <memory>
#include <vector>

#include "daemon/request_key.h"
#include "daemon/sources/settings.h"
#include "daemon/sources/source.h"
#include "daemon/telemetry.h"

namespace culprit {

class HttpSource final : public Source {
   public:
    static constexpr std::size_t kLargestBody = 8 << 20;  // bytes, decompressed

    /// How long things may take.
    struct Patience {
        std::chrono::milliseconds queue{10'000};   // for its turn, and for room in the queue
        std::chrono::milliseconds commit{30'000};  // until it is in the signal log
        std::chrono::milliseconds idle{2'000};     // without a request it no longer holds event time back
        std::chrono::milliseconds stop{5'000};     // for what has been taken in to be answered
    };

    /// `recognition` and `telemetry` outlive the source. `answered`: the requests that the signal log holds.
    HttpSource(const Recognition& recognition, HttpSourceSettings settings, Telemetry& telemetry,
               std::vector<RequestKey> answered);
    ~HttpSource() override;

    /// Before `start`.
    void be_patient(Patience patience);
    /// Binds; requests are answered after `start`. The error says which address and why.
    Result<Done> listen();
    /// 0 before listen().
    unsigned short port() const;

    std::string_view name() const override { return "http"; }
    void start(const ResumePoints& resume, BoundedQueue<CommitRequest>& queue) override;
    void stop() override;
    bool exhausted() const override { return false; }
    std::string trouble() const override { return {}; }
    void committed(const InputPartition& input, Offset next) override;

   private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace culprit
