#pragma once
// How culprit presents itself to a server, and knows it: configuration keys `api_key`, `token`, `username`, `password` and
// `ca_file` of every server alike.
#include <string>

namespace culprit {

struct HttpLogin {
    std::string api_key;             // `Authorization: ApiKey …`; with it, the others are not used
    std::string token;               // `Authorization: Bearer …`; with it, user name and password are not used
    std::string username, password;  // basic authentication
    std::string ca_file;             // PEM; empty: the system's certificates
};

}  // namespace culprit
