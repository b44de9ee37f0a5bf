variable "vpc_id" {
  type = string
}

resource "aws_lb_target_group" "polls" {
  name     = "polls"
  port     = 8000
  protocol = "HTTP"
  vpc_id   = var.vpc_id

  stickiness {
    enabled         = true
    type            = "lb_cookie"
    cookie_duration = 86400
  }

  health_check {
    path = "/stats/"
  }
}
