"""The protocol: what clients and hubs both speak, without sockets and clocks."""
