#pragma once
#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "daemon/note_inbox.h"
#include "daemon/telemetry.h"
#include "daemon/web/announced_maintenance.h"
#include "daemon/web/incident_store.h"
#include "daemon/web/settings.h"
#include "matchers/result.h"

// The daemon's HTTP server: probes, metrics, incidents as JSON and as pages. What each address answers is in routes.h.
//
// One coroutine a connection, all on one strand of the io_context. Bounded: connections, streams of events among them, header,
// body, and the time of each step.

namespace culprit {

class HttpServer {
   public:
    /// What it shows and where what people say goes. All of it lives until `io` has stopped running; `io` outlives the server.
    struct Parts {
        Telemetry& telemetry;
        IncidentStore& incidents;  // whose on_change() is the server's
        const AnnouncedMaintenance& maintenance;
        std::function<Readiness()> readiness;
        std::function<void(OperatorNote, NoteInbox::Told)> submit;  // Pipeline::submit
    };
    HttpServer(boost::asio::io_context& io, HttpSettings settings, Parts parts);
    ~HttpServer();  // stops
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Binds and accepts from now on; requests are answered while `io` runs. The error says which address and why.
    Result<Done> listen();

    /// The port that is listened on; 0 before listen().
    unsigned short port() const;

    /// Closes the listener and all connections soon. Any thread; again is harmless.
    void stop();

   private:
    class Impl;
    std::shared_ptr<Impl> impl_;  // shared with its coroutines, which end on the io_context's thread
};

}  // namespace culprit
