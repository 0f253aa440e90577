#pragma once
// An http:// or https:// address, taken apart. Pure.
#include <string>
#include <string_view>

#include "matchers/result.h"

namespace culprit {

struct HttpUrl {
    bool tls = false;
    std::string host;  // an IPv6 address comes without its brackets
    std::string port;  // 80 or 443 when the text has none
    std::string path;  // a prefix for every request, without a `/` at its end; often empty

    /// `Host:`'s value: the brackets are back, and the port where it is not the scheme's own.
    std::string authority() const;
    /// For messages: scheme, authority and path.
    std::string text() const;
};

/// Refuses user names and passwords in the text: they would be shown in messages; they have keys of their own.
Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace culprit
