#pragma once
// What each receiver of alerts was told of each incident: durable, so that a restart pages nobody twice.
//
// A table of its own in a SQLite file, which may be the signal log's: written before a notice is sent (`delivered` false) and
// after it has arrived. What was not delivered is sent again under the same key. Owned by one thread.
#include <memory>
#include <string>
#include <vector>

#include "daemon/alerts/alert_desk.h"
#include "matchers/result.h"

namespace culprit {

class Outbox {
   public:
    /// Makes file and table when they are missing. Errors name the file and what to do.
    static Result<std::unique_ptr<Outbox>> open(const std::string& path);
    ~Outbox();

    Result<std::vector<Told>> told(const std::string& receiver);
    /// All or none.
    Result<Done> put(const std::string& receiver, const std::vector<Told>& told);
    /// What was resolved before `before` is forgotten.
    Result<Done> forget(const std::string& receiver, EventTime before);

   private:
    struct State;
    explicit Outbox(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace culprit
