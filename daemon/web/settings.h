#pragma once
// What an operator decides about the HTTP server (configuration key `http`), and what it asks the daemon.
#include <string>
#include <vector>

namespace culprit {

/// A link on every incident's page; what its address may name is in page_links.h.
struct PageLink {
    std::string title, url;
};

struct HttpSettings {
    std::string listen = "127.0.0.1:8780";  // host:port or [v6]:port, validated by config.cpp; port 0 takes a free one
    std::string token;                      // empty: no authentication
    std::vector<PageLink> links;
};

/// The answer of /readyz.
struct Readiness {
    bool ready = false;
    std::string text;  // one line a part: what is well, what is wrong and what is done about it
};

}  // namespace culprit
