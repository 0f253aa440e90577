#pragma once
// Who may ask the HTTP server, and from where. Pure.
#include <optional>
#include <string>
#include <string_view>

namespace culprit {

/// Bearer or Basic credentials against the token; everybody when there is none.
bool authorized(std::string_view authorization, std::string_view token);
/// The user's name in Basic credentials; empty for the rest.
std::string user_of(std::string_view authorization);
/// `localhost`, `127.…` and `[::1]`, with or without a port.
bool names_loopback(std::string_view host);
/// False when a browser says that the request comes from a page of another origin.
bool same_origin(std::string_view origin, std::string_view fetch_site, std::string_view host);

}  // namespace culprit
