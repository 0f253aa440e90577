#pragma once
// Ordinary logs, made up: what 99.5 % of a platform's records look like. And the few that say something.
#include <chrono>
#include <random>
#include <string>
#include <vector>

namespace culprit::bench {

/// One JSON application record of about 440 bytes that says nothing of a database error.
inline std::string ordinary_record(std::mt19937& random) {
    static const char* const paths[] = {"/api/cart", "/api/orders/4711",    "/healthz",
                                        "/login",    "/api/search?q=boots", "/static/app.js"};
    static const char* const words[] = {"request completed", "cache refreshed", "session renewed",
                                        "email queued",      "user signed in",  "job finished"};
    std::string record =
        R"({"@timestamp":"2026-03-01T10:00:00.)" + std::to_string(100 + random() % 900) + R"(Z","log.level":"info","message":")";
    record += words[random() % 6];
    record += R"(","service":{"name":"checkout","version":"4.2.1"},"http":{"request":{"method":"GET","id":")" +
              std::to_string(random()) + R"("},"response":{"status_code":200}},"url":{"path":")" + paths[random() % 6] +
              R"("},"event":{"duration":)" + std::to_string(random() % 90'000'000) + R"(},"host":{"name":"node-)" +
              std::to_string(random() % 16) + R"("},"trace":{"id":")" + std::to_string(random()) + std::to_string(random()) +
              R"("},"user_agent":{"original":"Mozilla/5.0 X11; Linux x86_64"},"labels":{"team":"shop"}})";
    return record;
}

inline std::string failing_record(std::mt19937& random) {
    return R"x({"@timestamp":"2026-03-01T10:00:00.000Z","log.level":"error","message":"duplicate key value violates unique constraint \"orders_pkey\"\nDETAIL:  Key (id)=()x" +
           std::to_string(random() % 1000) + R"x() already exists.","service":{"name":"checkout"}})x";
}

/// Every record an error: a thousand shapes of text, fifty fingerprints, another key each time.
inline std::string storm_record(std::mt19937& random) {
    static const char* const doing[] = {"saving the order", "booking the seat", "adding to the cart", "renewing the session",
                                        "importing a row",  "paying",           "queueing the mail",  "syncing the profile",
                                        "retrying",         "closing the day"};
    static const char* const whose[] = {"for a guest", "for a member"};
    const auto table = std::to_string(random() % 50);
    return R"x({"@timestamp":"2026-03-01T10:00:0)x" + std::to_string(random() % 10) + "." + std::to_string(100 + random() % 900) +
           R"x(Z","log.level":"error","message":")x" + doing[random() % 10] + " " + whose[random() % 2] +
           R"x( failed: duplicate key value violates unique constraint \"t)x" + table + R"x(_pkey\"\nDETAIL:  Key (id)=()x" +
           std::to_string(100'000 + random() % 900'000) +
           R"x() already exists.","service":{"name":"checkout"},"trace":{"id":")x" + std::to_string(random()) + R"x("}})x";
}

/// An error of its own, told now: its incident's document can be waited for.
inline std::string probe_record(int number, std::chrono::system_clock::time_point now) {
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    return R"x({"timestamp":)x" + std::to_string(millis) +
           R"x(,"level":"error","message":"duplicate key value violates unique constraint \"probe_)x" + std::to_string(number) +
           R"x(_pkey\"","service":{"name":"checkout"}})x";
}

/// `count` records, `share` of them failing, in a fixed order.
inline std::vector<std::string> records(std::size_t count, double share, std::size_t& failing) {
    std::mt19937 random(7);
    std::bernoulli_distribution fails(share);
    std::vector<std::string> all;
    failing = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const bool bad = fails(random);
        failing += bad;
        all.push_back(bad ? failing_record(random) : ordinary_record(random));
    }
    return all;
}

}  // namespace culprit::bench
