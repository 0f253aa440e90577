#pragma once
// SIGTERM, SIGINT and SIGHUP from the first moment on: until somebody handles them they wait, so that one that comes while the
// daemon is starting ends it in order as well. Threads that are made meanwhile never get them. Owned by the main thread.
#include <csignal>

namespace culprit {

class HeldSignals {
   public:
    HeldSignals() {
        sigset_t held;
        sigemptyset(&held);
        for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&held, signal);
        pthread_sigmask(SIG_BLOCK, &held, &before_);
    }
    HeldSignals(const HeldSignals&) = delete;
    HeldSignals& operator=(const HeldSignals&) = delete;

    /// Once the handlers are in place: what has come meanwhile comes now.
    void release() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

   private:
    sigset_t before_;
};

}  // namespace culprit
