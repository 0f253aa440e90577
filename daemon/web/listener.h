#pragma once
// What every HTTP listener of the daemon shares.
#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "matchers/result.h"

namespace culprit {

/// Opens `acceptor` on host:port and listens. The error says which address and why, and names the configuration's `key`.
Result<Done> listen_on(boost::asio::ip::tcp::acceptor& acceptor, const std::string& listen, const std::string& key);

/// What to tell a client whose request could not be read; 0 when there is nobody to tell.
int status_of_unread(const boost::system::error_code& failure);

}  // namespace culprit
