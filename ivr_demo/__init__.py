"""The guided tour: real SIP calls on loopback between a node and softphones in processes of their own."""
