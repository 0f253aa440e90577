#include "daemon/web/listener.h"

#include <boost/beast/http/error.hpp>
#include <optional>

namespace culprit {

namespace {

using boost::asio::ip::tcp;
namespace http = boost::beast::http;

struct ListenAddress {
    std::string host, port;
};

std::optional<ListenAddress> split(const std::string& listen) {
    const std::size_t colon = listen.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == listen.size()) return std::nullopt;
    ListenAddress address{listen.substr(0, colon), listen.substr(colon + 1)};
    if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']')
        address.host = address.host.substr(1, address.host.size() - 2);
    return address;
}

}  // namespace

Result<Done> listen_on(tcp::acceptor& acceptor, const std::string& listen, const std::string& key) {
    const auto address = split(listen);
    if (!address) return Error{key + ": '" + listen + "' is no address; write host:port, such as 127.0.0.1:8780"};
    boost::system::error_code failure;
    tcp::resolver resolver(acceptor.get_executor());
    const auto found = resolver.resolve(address->host, address->port, tcp::resolver::passive, failure);
    if (failure || found.empty()) return Error{key + ": '" + listen + "' cannot be resolved: " + failure.message()};
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor.open(endpoint.protocol(), failure);
    if (!failure) acceptor.set_option(boost::asio::socket_base::reuse_address(true), failure);
    if (!failure) acceptor.bind(endpoint, failure);
    if (!failure) acceptor.listen(boost::asio::socket_base::max_listen_connections, failure);
    if (failure) return Error{"cannot listen on " + listen + ": " + failure.message() + "; free the port or change " + key};
    return Done{};
}

int status_of_unread(const boost::system::error_code& failure) {
    if (failure == http::error::header_limit) return 431;
    if (failure == http::error::body_limit) return 413;
    if (failure == http::error::end_of_stream || failure == http::error::partial_message) return 0;
    return failure.category() == http::make_error_code(http::error::bad_method).category() ? 400 : 0;
}

}  // namespace culprit
