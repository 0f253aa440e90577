#pragma once
#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <map>
#include <vector>

#include "daemon/pending_batches.h"
#include "daemon/sources/answered_requests.h"
#include "daemon/sources/http_source.h"
#include "daemon/sources/ingest.h"

// From a request's records to the signal log, for the HTTP source: one request at a time is matched and pushed, in the order of
// offsets; each then waits for its commit. Lives on the source's thread, but for what says otherwise.

namespace culprit {

class HttpIntake {
   public:
    using Patience = HttpSource::Patience;

    /// All of it outlives the intake.
    struct Parts {
        boost::asio::io_context& io;
        const Recognition& recognition;
        const HttpSourceSettings& settings;
        Telemetry& telemetry;
    };
    HttpIntake(Parts parts, const std::vector<RequestKey>& answered);

    /// Before the source's thread starts.
    void start(const ResumePoints& resume, BoundedQueue<CommitRequest>& queue, Patience patience);
    /// Returns with the answer: what was taken in is in the signal log, or nobody knows yet, or it was not taken in.
    boost::asio::awaitable<void> take_in(Delivery& delivery, IngestAnswer& answer);
    /// Says so to the committer when nothing has come for a while: without requests no event time is held back.
    void look_after();
    /// Everything below `next` is in the signal log. Any thread may ask for it to be called on the source's.
    void committed(Offset next);
    /// What waits is told so, and nothing waits any more.
    void give_up();
    const InputPartition& input() const { return input_; }

   private:
    class Turn;
    boost::asio::awaitable<bool> match_and_push(Delivery& delivery, MatcherCounters& counters, IngestAnswer& answer);
    boost::asio::awaitable<bool> take_turn();
    boost::asio::awaitable<bool> await_commit(Offset end);

    Parts parts_;
    const InputPartition input_;
    Patience patience_;
    AnsweredRequests answered_;
    BoundedQueue<CommitRequest>* queue_ = nullptr;
    Offset next_, committed_;  // of the records taken in, and of those that are in the signal log
    bool busy_ = false;        // a request has its turn
    bool idle_ = false, opened_ = false, given_up_ = false;
    WallClock::time_point last_{};
    std::list<boost::asio::steady_timer*> line_;                  // for a turn
    std::multimap<Offset, boost::asio::steady_timer*> awaiting_;  // a commit
};

}  // namespace culprit
