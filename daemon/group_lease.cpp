#include "daemon/group_lease.h"

#include <librdkafka/rdkafka.h>

namespace culprit {

GroupLease::~GroupLease() {
    if (metadata_) rd_kafka_consumer_group_metadata_destroy(metadata_);
}

}  // namespace culprit
