#include "daemon/sinks/http_url.h"

#include <algorithm>
#include <charconv>

namespace culprit {
namespace {

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
    return failure == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65'535;
}

}  // namespace

std::string HttpUrl::authority() const {
    std::string value = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != (tls ? "443" : "80")) value += ":" + port;
    return value;
}

std::string HttpUrl::text() const { return (tls ? "https://" : "http://") + authority() + path; }

Result<HttpUrl> parse_http_url(std::string_view text) {
    HttpUrl url;
    std::string_view rest = text;
    if (rest.starts_with("https://")) {
        url.tls = true;
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return Error{"'" + std::string(text) + "' is no address of a server: write http://host:port or https://host:port"};
    }
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    std::string_view authority = rest.substr(0, slash);
    std::string_view path = rest.substr(slash);
    // Before any message could show it.
    if (authority.find('@') != std::string_view::npos)
        return Error{"an address holds a user name or a password: use the keys api_key, username and password instead"};
    if (path.find_first_of("?# \t\r\n") != std::string_view::npos ||
        authority.find_first_of("?# \t\r\n") != std::string_view::npos)
        return Error{"'" + std::string(text) + "' holds a query, a fragment or a space: write scheme, host, port and path only"};
    while (path.ends_with('/')) path.remove_suffix(1);
    url.path = path;

    std::string_view port;
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos) return Error{"'" + std::string(text) + "' lacks the ] of its IPv6 address"};
        url.host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
        if (!port.empty() && port.front() != ':')
            return Error{"'" + std::string(text) + "' has something between ] and the port"};
    } else {
        const std::size_t colon = std::min(authority.find(':'), authority.size());
        url.host = authority.substr(0, colon);
        port = authority.substr(colon);
    }
    if (url.host.empty()) return Error{"'" + std::string(text) + "' names no host"};
    if (port.empty()) {
        url.port = url.tls ? "443" : "80";
    } else {
        port.remove_prefix(1);
        if (!is_port(port)) return Error{"'" + std::string(text) + "' has a port that is no number from 1 to 65535"};
        url.port = port;
    }
    return url;
}

}  // namespace culprit
